/**
 * The line to the agent: a Unix socket, one JSON object a line (schema/local/load-balancer.ts). Connects again, with full
 * jitter, whenever the agent goes away; the balancer serves its last topologies meanwhile.
 */
import { connect, type Socket } from 'node:net';
import {
  encodeLine,
  MAX_LINE_BYTES,
  parseToBalancer,
  type FromBalancer,
  type ToBalancer,
} from '../../../../schema/local/load-balancer.ts';
import type { Log } from '../log.ts';
import { Lines } from './lines.ts';

const FIRST_RETRY_MILLISECONDS = 100;
const LONGEST_RETRY_MILLISECONDS = 5000;

/** A report that an agent which does not read would pile up is left out beyond this: the next one says the same and more. */
const MOST_UNREAD_BYTES = 4 * MAX_LINE_BYTES;

export interface AgentLinkOptions {
  readonly path: string;
  readonly program: string;
  readonly log: Log;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly onMessage: (message: ToBalancer) => void;
}

type State =
  | { readonly kind: 'connecting' | 'connected'; readonly socket: Socket }
  | { readonly kind: 'pausing'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed' };

export class AgentLink {
  readonly #options: AgentLinkOptions;
  #state: State;
  #failures = 0;

  constructor(options: AgentLinkOptions) {
    this.#options = options;
    this.#state = { kind: 'connecting', socket: this.#connect() };
  }

  /** Sends if connected; false if the message was left out. */
  send(message: FromBalancer): boolean {
    const state = this.#state;
    if (state.kind !== 'connected' || state.socket.writableLength > MOST_UNREAD_BYTES) return false;
    state.socket.write(encodeLine(message));
    return true;
  }

  /** Sends what is written and ends the connection for good. */
  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if (state.kind === 'pausing') clearTimeout(state.timer);
    if (state.kind === 'connecting') state.socket.destroy();
    if (state.kind === 'connected') await new Promise<void>((resolve) => state.socket.end(() => resolve()).unref());
    if (state.kind === 'connected') state.socket.destroy();
  }

  #connect(): Socket {
    const socket = connect(this.#options.path);
    const lines = new Lines(MAX_LINE_BYTES);
    let problem: string | undefined;
    socket.on('connect', () => {
      this.#failures = 0;
      this.#state = { kind: 'connected', socket };
      this.send({ type: 'hello', v: 1, program: this.#options.program });
    });
    socket.on('data', (chunk) => {
      for (const line of lines.push(chunk)) this.#take(line);
      if (lines.isTooLong) socket.destroy(new Error(`a line of more than ${MAX_LINE_BYTES} bytes`));
    });
    socket.on('error', (error) => (problem = error.message));
    socket.on('close', () => this.#disconnected(problem));
    return socket;
  }

  #take(line: string): void {
    const parsed = parseToBalancer(line);
    if (parsed.ok) this.#options.onMessage(parsed.value);
    else this.#options.log('warn', 'unreadable message from the agent', { detail: parsed.detail });
  }

  #disconnected(problem: string | undefined): void {
    if (this.#state.kind === 'closed') return;
    this.#options.log('warn', 'no connection to the agent; serving the last topologies', { problem });
    const longest = Math.min(LONGEST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    const timer = setTimeout(
      () => (this.#state = { kind: 'connecting', socket: this.#connect() }),
      this.#options.random() * longest,
    );
    this.#state = { kind: 'pausing', timer };
  }
}
