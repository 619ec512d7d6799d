/** Syslog over UDP (RFC 5426): nobody says whether it arrived. */
import { createSocket, type Socket } from 'node:dgram';
import { DrainError, type DrainTransport } from '../../app/ports/drains.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import type { Address } from '../network/guard.ts';
import { datagram, syslogMessage } from './syslog-message.ts';
import type { SyslogStreamOptions } from './syslog-stream.ts';

const DEFAULT_PORT = 514;
/** Receivers have to take 480 bytes and should take 2048 (RFC 5426, 3.2); most take more, in fragments. */
const MOST_BYTES = 8192;
const LOOK_UP_EVERY_MILLISECONDS = 60_000;

export class SyslogDatagrams implements DrainTransport {
  readonly #options: SyslogStreamOptions;
  #open: { readonly socket: Socket; readonly to: Address; readonly until: number } | undefined;
  /** What the network said of an earlier datagram: nobody listens there. */
  #problem: Error | undefined;

  constructor(options: SyslogStreamOptions) {
    this.#options = options;
  }

  async send(entries: readonly LogEntry[], signal: AbortSignal): Promise<{ readonly refused: number }> {
    const { application, url, now } = this.#options;
    const { socket, to } = await this.#opened();
    const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
    try {
      for (const entry of entries) {
        signal.throwIfAborted();
        const problem = this.#problem;
        this.#problem = undefined;
        if (problem !== undefined) throw problem;
        const message = datagram(syslogMessage(application, entry, now()), MOST_BYTES);
        await new Promise<void>((resolve, reject) =>
          socket.send(message, port, to.address, (error) => (error ? reject(error) : resolve())),
        );
      }
    } catch (error) {
      signal.throwIfAborted();
      await this.close();
      const { message } = error as Error;
      throw new DrainError('DRAIN_UNREACHABLE', `${url.href} does not take messages: ${message}`, { cause: error });
    }
    return { refused: 0 };
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) await new Promise<void>((resolve) => open.socket.close(() => resolve()));
  }

  async #opened(): Promise<{ readonly socket: Socket; readonly to: Address }> {
    const { url, guard, now } = this.#options;
    if (this.#open !== undefined && now() < this.#open.until) return this.#open;
    await this.close();
    const [to] = await guard.addresses(url.hostname);
    if (to === undefined) throw new DrainError('DRAIN_UNREACHABLE', `${url.hostname} has no address`);
    const socket = createSocket(to.family === 6 ? 'udp6' : 'udp4');
    socket.on('error', (error) => (this.#problem = error));
    socket.unref();
    this.#open = { socket, to, until: now() + LOOK_UP_EVERY_MILLISECONDS };
    return this.#open;
  }
}
