/** Syslog over TCP (RFC 6587, octet counting) and TLS (RFC 5425): one connection, made again when it is needed and gone. */
import { isIP, connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { DrainError, type DrainTransport } from '../../app/ports/drains.ts';
import type { LogOwner } from '../../app/ports/logs.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import type { Address, NetworkGuard } from '../network/guard.ts';
import { framed, syslogMessage } from './syslog-message.ts';
import { reasonOf } from './reason.ts';

const PORTS = { 'tcp:': 601, 'tls:': 6514 } as const;
const TIMEOUT_MILLISECONDS = 15_000;

export interface SyslogStreamOptions {
  readonly application: LogOwner;
  readonly url: URL;
  /** PEM; the system's authorities if absent. */
  readonly ca?: string | undefined;
  readonly guard: NetworkGuard;
  readonly now: () => number;
}

export class SyslogStream implements DrainTransport {
  readonly #options: SyslogStreamOptions;
  #socket: Socket | undefined;

  constructor(options: SyslogStreamOptions) {
    this.#options = options;
  }

  async send(entries: readonly LogEntry[], signal: AbortSignal): Promise<{ readonly refused: number }> {
    const { application, now } = this.#options;
    const socket = this.#socket ?? (await this.#connect(signal));
    const frames = entries.map((entry) => framed(syslogMessage(application, entry, now())));
    await this.#write(socket, Buffer.concat(frames), signal);
    return { refused: 0 };
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #connect(signal: AbortSignal): Promise<Socket> {
    const addresses = await this.#options.guard.addresses(this.#options.url.hostname);
    let failure: unknown;
    for (const address of addresses) {
      try {
        return await this.#connectTo(address, signal);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw this.#unreachable(failure);
  }

  async #connectTo({ address }: Address, signal: AbortSignal): Promise<Socket> {
    const { url, ca } = this.#options;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const isTls = url.protocol === 'tls:';
    const port = url.port === '' ? PORTS[isTls ? 'tls:' : 'tcp:'] : Number(url.port);
    const socket = isTls
      ? connectTls({
          host: address,
          port,
          minVersion: 'TLSv1.2',
          ...servername(host),
          ...(ca === undefined ? {} : { ca }),
        })
      : connectTcp({ host: address, port });
    try {
      await within(socket, signal, (done) => socket.once(isTls ? 'secureConnect' : 'connect', () => done()));
    } catch (error) {
      socket.destroy();
      throw error;
    }
    // Syslog has no answers; what comes is thrown away, so that the end of the connection is seen.
    socket.resume();
    socket.setKeepAlive(true, TIMEOUT_MILLISECONDS);
    const forget = (): void => {
      if (this.#socket === socket) this.#socket = undefined;
      socket.destroy();
    };
    for (const event of ['end', 'close', 'error'] as const) socket.once(event, forget);
    this.#socket = socket;
    return socket;
  }

  async #write(socket: Socket, data: Buffer, signal: AbortSignal): Promise<void> {
    try {
      await within(socket, signal, (done) => socket.write(data, done));
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      throw this.#unreachable(error);
    }
  }

  #unreachable(error: unknown): DrainError {
    const { href } = this.#options.url;
    return new DrainError('DRAIN_UNREACHABLE', `${href} does not take messages: ${reasonOf(error)}`, { cause: error });
  }
}

/** An address stands in no certificate's name; it is compared by itself. */
function servername(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

/** Waits until `begin` says that it is done, for as long as the socket lives and not for ever. */
function within(
  socket: Socket,
  signal: AbortSignal,
  begin: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error | null): void => {
      clearTimeout(timer);
      socket.off('error', end);
      socket.off('close', closed);
      signal.removeEventListener('abort', aborted);
      if (error) reject(error);
      else resolve();
    };
    const closed = (): void => end(new Error('the connection was closed'));
    const aborted = (): void => end(new Error('stopped', { cause: signal.reason }));
    const timer = setTimeout(
      () => end(new Error(`nothing within ${TIMEOUT_MILLISECONDS / 1000} s`)),
      TIMEOUT_MILLISECONDS,
    );
    socket.once('error', end);
    socket.once('close', closed);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    else begin(end);
  });
}
