/**
 * A control plane of many service clusters, as a browser sees it: between the page and a real control plane of one, whose overview
 * becomes as many as are wanted, all of which change once a second. Everything else passes through as it is.
 */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type {
  ClusterEntryFragment,
  ClusterTrendFragment,
} from '../../../control-plane/console/generated/operations.ts';

const EACH_MILLISECONDS = 1_000;
const CLUSTERS_AN_APPLICATION = 20;
const CAPACITY = 40;

/** One message of the subscription "overview". */
interface Told {
  readonly at: string;
  readonly isWhole: boolean;
  readonly changed: readonly ClusterEntryFragment[];
  readonly removed: readonly string[];
  readonly recent: readonly ClusterTrendFragment[];
}

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: { readonly query?: string; readonly data?: { readonly overview?: Told } };
}

export class Crowd implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #target: URL;
  readonly #size: number;
  readonly #sockets = new Set<WebSocket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Messages with a change of all of them that were sent. */
  rounds = 0;

  private constructor(server: Server, target: URL, size: number) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#server = server;
    this.#target = target;
    this.#size = size;
  }

  /** @param target URL of a control plane with at least one service cluster that has a factor */
  static async of(target: URL, size: number): Promise<Crowd> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const crowd = new Crowd(server, target, size);
    server.on('request', (incoming, response) => crowd.#pass(incoming, response));
    const upgrades = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
    server.on('upgrade', (incoming, socket, head) =>
      upgrades.handleUpgrade(incoming, socket, head, (page) => crowd.#join(page, incoming)),
    );
    return crowd;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): void {
    const { url, method, headers } = incoming;
    const { hostname, port } = this.#target;
    const onward = request({ hostname, port, path: url, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  }

  #join(page: WebSocket, { url, headers }: IncomingMessage): void {
    const { cookie, origin, host, 'sec-websocket-protocol': protocol } = headers;
    const server = new WebSocket(new URL(url!, this.#target.href.replace('http', 'ws')), protocol ?? [], {
      headers: { ...(cookie && { cookie }), ...(host && { host }) },
      ...(origin && { origin }),
    });
    const early: string[] = [];
    const overviews = new Set<string>();
    for (const socket of [page, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.terminate());
    }
    page.on('message', (data: Buffer) => {
      const text = data.toString();
      const message = JSON.parse(text) as Message;
      if (message.payload?.query?.includes('overview(') === true && message.id !== undefined) overviews.add(message.id);
      if (server.readyState === WebSocket.OPEN) server.send(text);
      else early.push(text);
    });
    server.on('open', () => early.splice(0).forEach((text) => server.send(text)));
    server.on('message', (data: Buffer) => {
      const text = data.toString();
      const message = JSON.parse(text) as Message;
      const told = message.payload?.data?.overview;
      if (told === undefined || message.id === undefined || !overviews.has(message.id)) page.send(text);
      else if (told.isWhole) this.#follow(page, message.id, told);
    });
    page.on('close', () => server.close());
    server.on('close', (code) =>
      page.close(code > 1_000 && code < 5_000 && code !== 1_005 && code !== 1_006 ? code : 1_000),
    );
  }

  /** The whole at once, and then all of them in each second. */
  #follow(page: WebSocket, id: string, { at, changed }: Told): void {
    const pattern = changed.find(({ factor }) => factor !== null);
    const factor = pattern?.factor?.name;
    if (pattern === undefined || factor === undefined) throw new Error('no service cluster has a factor yet');
    const send = (overview: Told): void =>
      page.send(JSON.stringify({ id, type: 'next', payload: { data: { overview } } }));
    const entries = Array.from({ length: this.#size }, (_, number) => entryOf(pattern, number));
    const recent = entries.map(({ uid }) => trendOf(uid, factor, Date.parse(at)));
    send({ at, isWhole: true, changed: entries, removed: [], recent });
    const timer = setInterval(() => {
      this.rounds += 1;
      const round = this.rounds;
      const loaded = entries.map((entry, number) => ({ ...entry, factor: factorOf(entry, load(number, round)) }));
      send({ at: new Date().toISOString(), isWhole: false, changed: loaded, removed: [], recent: [] });
    }, EACH_MILLISECONDS);
    this.#timers.add(timer);
    page.on('close', () => {
      clearInterval(timer);
      this.#timers.delete(timer);
    });
  }
}

function entryOf(pattern: ClusterEntryFragment, number: number): ClusterEntryFragment {
  const application = Math.floor(number / CLUSTERS_AN_APPLICATION);
  const entry = {
    ...pattern,
    uid: `${pattern.uid}-${number}`,
    applicationUid: `${pattern.applicationUid}-${application}`,
    applicationName: `shop-${application}`,
    alias: `web-${number % CLUSTERS_AN_APPLICATION}`,
  };
  return { ...entry, factor: factorOf(entry, load(number, 0)) };
}

function factorOf({ factor }: ClusterEntryFragment, observed: number): ClusterEntryFragment['factor'] {
  return factor && { ...factor, observed, capacity: CAPACITY, saturated: false };
}

/** Five minutes in steps of five seconds, as the control plane tells them. */
function trendOf(uid: string, factor: string, at: number): ClusterTrendFragment {
  const stepSeconds = 5;
  const steps = 60;
  return {
    ...{ uid, factor, stepSeconds, from: new Date(at - steps * stepSeconds * 1_000).toISOString() },
    ...{
      observed: Array.from({ length: steps }, (_, step) => load(step, 0)),
      capacity: Array<number>(steps).fill(CAPACITY),
    },
  };
}

/** Requests in flight that are others in each second. */
function load(number: number, round: number): number {
  return 20 + 15 * Math.sin(number + round / 7);
}
