/** Websockets to a served endpoint, with and without a client library, all of which are closed with their owner. */
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { eventually } from '../../../test/support/eventually.ts';

/** The first message of a connection, as the viewer. */
export const INIT = { type: 'connection_init', payload: { authorization: 'Bearer viewer-token' } };

export interface RawConnection {
  readonly socket: WebSocket;
  /** Every message that came, in order. */
  readonly received: readonly Readonly<Record<string, unknown>>[];
  /** The code with which the connection was closed. */
  readonly closed: Promise<number>;
  /** Sends a text as it is, anything else as JSON. */
  send(message: object | string): void;
}

export class WebSockets {
  readonly #url: string;
  readonly #clients: Client[] = [];
  readonly #sockets: WebSocket[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  /** Asks or subscribes as the viewer; each on a connection of its own. */
  iterate(query: string, variables: Record<string, unknown> = {}) {
    const client = createClient({
      url: this.#url,
      webSocketImpl: WebSocket,
      connectionParams: INIT.payload,
      retryAttempts: 0,
    });
    this.#clients.push(client);
    return client.iterate({ query, variables });
  }

  /** A socket without a client library; rejects when the upgrade is refused. */
  async raw(protocol = 'graphql-transport-ws', url = this.#url, headers: object = {}): Promise<RawConnection> {
    const socket = new WebSocket(url, protocol, { headers: { ...headers } });
    this.#sockets.push(socket);
    const received: Record<string, unknown>[] = [];
    socket.on('message', (data: Buffer) => received.push(JSON.parse(data.toString()) as Record<string, unknown>));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await new Promise((resolve, reject) => socket.once('open', resolve).on('error', reject));
    const send = (message: object | string) =>
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    return { socket, received, closed, send };
  }

  /** {@link raw}, accepted as the viewer. */
  async accepted(): Promise<RawConnection> {
    const connection = await this.raw();
    connection.send(INIT);
    let code: number | undefined;
    void connection.closed.then((closed) => (code = closed));
    const isAccepted = (): boolean => connection.received.some(({ type }) => type === 'connection_ack');
    await eventually('it was accepted, or closed', () => isAccepted() || code !== undefined);
    if (!isAccepted()) throw new Error(`closed with ${code}`);
    return connection;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.dispose();
    for (const socket of this.#sockets) socket.terminate();
  }
}
