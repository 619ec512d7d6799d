/**
 * TLS and plain HTTP on one port. What speaks TLS begins with a handshake record (0x16, RFC 8446 §5.1), which no HTTP method begins
 * with; so the first byte tells them apart, and no port has to be given out, remembered and published beside the first.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import type { HeldCertificate } from '../../../../schema/agent/certificates.ts';
import type { Log } from '../log.ts';
import { Certificates } from './certificates.ts';

const HANDSHAKE_RECORD = 0x16;
/** What OpenSSL calls it, by the version of TLS, when it has nothing to show. */
const NO_CERTIFICATE = new Set(['ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', 'ERR_SSL_NO_SHARED_CIPHER']);

export interface TlsFrontOptions {
  /** Longest time to a connection's first byte, and from there to the end of its handshake. */
  readonly handshakeSeconds: number;
  readonly log: Log;
}

export class TlsFront {
  readonly #options: TlsFrontOptions;
  readonly #certificates: Certificates;
  readonly #tls: TlsServer;
  /** Connections that HTTP does not have yet, by the client's address and port. */
  readonly #pending = new Map<string, Socket>();

  /** Takes the server's new connections, and hands them on when they have said what they speak. */
  constructor(server: Server, options: TlsFrontOptions) {
    this.#options = options;
    this.#certificates = new Certificates(options.log);
    const handOver = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
    const accept = (socket: Socket): void => handOver.forEach((listener) => listener.call(server, socket));
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      // Nothing to tell apart: no detour either.
      if (this.#certificates.isEmpty) accept(socket);
      else this.#listen(socket, accept);
    });
    this.#tls = createServer({
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: options.handshakeSeconds * 1000,
      // A host without a certificate gets the default one; where there is none, the handshake fails.
      SNICallback: (name, answer) => answer(null, this.#certificates.contextFor(name)),
    });
    this.#tls.on('secureConnection', (socket) => {
      this.#pending.delete(peerOf(socket));
      accept(socket);
    });
    this.#tls.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => this.#failed(error, socket));
  }

  /** From now on new connections get these; those that are open go on. */
  apply(certificates: readonly HeldCertificate[]): void {
    this.#certificates.apply(certificates);
    const { fallback } = this.#certificates;
    this.#tls.setSecureContext({
      minVersion: 'TLSv1.2',
      ...(fallback === undefined ? {} : { cert: fallback.chain, key: fallback.key }),
    });
  }

  /** Whether a client that is sent to TLS would find it. */
  get isOffered(): boolean {
    return !this.#certificates.isEmpty;
  }

  /** Ends connections that have not asked for anything yet. */
  close(): void {
    for (const socket of this.#pending.values()) socket.destroy();
  }

  #listen(socket: Socket, accept: (socket: Socket) => void): void {
    const peer = peerOf(socket);
    const onError = (): void => void socket.destroy();
    const settle = (): void => {
      clearTimeout(limit);
      if (this.#pending.get(peer) === socket) this.#pending.delete(peer);
    };
    const limit = setTimeout(onError, this.#options.handshakeSeconds * 1000);
    this.#pending.set(peer, socket);
    socket.on('error', onError);
    socket.on('close', settle);
    socket.once('data', (chunk: Buffer) => {
      clearTimeout(limit);
      socket.pause();
      socket.unshift(chunk);
      if (chunk[0] === HANDSHAKE_RECORD) {
        this.#tls.emit('connection', socket);
        return;
      }
      settle();
      socket.off('error', onError);
      socket.off('close', settle);
      accept(socket);
      process.nextTick(() => socket.resume());
    });
  }

  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    socket.destroy();
    // Scanners and clients that go away are no news; a host without a certificate is.
    if (error.code === 'ECONNRESET') return;
    const servername = typeof socket.servername === 'string' ? socket.servername.slice(0, 253) : undefined;
    const isMissing = NO_CERTIFICATE.has(error.code ?? '') && !this.#certificates.has(servername);
    const reason = isMissing
      ? 'there is no certificate for this host and no default one'
      : (error.code ?? error.message);
    this.#options.log('warn', 'TLS handshake failed', { error: reason, servername });
  }
}

/** The same for a connection and for the TLS in it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}
