/** The broker's socket: who may connect how, and how much before anybody is known. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { MessagingError } from '../../app/errors.ts';
import type { PacketLimits, PacketViolation } from './packet-guard.ts';
import { PacketGuard } from './packet-guard.ts';

export interface ListenOptions {
  /** Address to listen on. Other than loopback needs `tls`, or `allowPlaintext`. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls?: Pick<SecureContextOptions, 'cert' | 'key'>;
  /** An operator's word that the network between agents and control plane may be trusted with tokens. */
  readonly allowPlaintext?: boolean;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

function listenError(error: NodeJS.ErrnoException, { host, port }: ListenOptions): MessagingError {
  if (error.code === 'EADDRINUSE') {
    return new MessagingError(
      'BROKER_PORT_IN_USE',
      `the broker cannot listen on ${host}:${port}: the port is in use; find the program with "ss -ltnp sport = :${port}" and stop it, or configure another broker port`,
      { cause: error },
    );
  }
  return new MessagingError(
    'BROKER_LISTEN_FAILED',
    `the broker cannot listen on ${host}:${port} (${error.code ?? error.message}); configure an address of this machine and a port above 1023`,
    { cause: error },
  );
}

/** Listens. Throws `MessagingError` BROKER_TLS_REQUIRED, BROKER_PORT_IN_USE or BROKER_LISTEN_FAILED. */
export async function listen(
  options: ListenOptions,
  handshakeTimeoutMilliseconds: number,
  onSocket: (socket: Socket) => void,
): Promise<{ readonly server: Server; readonly port: number }> {
  const { host, port, tls, allowPlaintext = false } = options;
  if (tls === undefined && !allowPlaintext && !LOOPBACK.test(host)) {
    throw new MessagingError(
      'BROKER_TLS_REQUIRED',
      `the broker would send tokens in the clear over ${host}; configure a certificate and key, listen on 127.0.0.1, or allow plain text by name`,
    );
  }
  const server =
    tls === undefined
      ? createServer({ noDelay: true }, onSocket)
      : createTlsServer({ ...tls, noDelay: true, handshakeTimeout: handshakeTimeoutMilliseconds }, onSocket);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(listenError(error, options));
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/**
 * Puts a guard before whoever reads the socket by `read()`: what violates the limits is never handed over, and the
 * connection ends. The reader gets the same buffers; nothing is copied or queued twice.
 */
export function guardSocket(
  socket: Socket,
  limits: PacketLimits,
  onViolation: (violation: PacketViolation) => void,
): void {
  const guard = new PacketGuard(limits, performance.now());
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    if (!(chunk instanceof Uint8Array)) return chunk;
    const violation = guard.accept(chunk, performance.now());
    if (violation === undefined) return chunk;
    socket.destroy();
    onViolation(violation);
    return null;
  };
}
