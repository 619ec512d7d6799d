/**
 * A web socket: the handshake goes to a member like any request and waits its turn; once the instance agrees, bytes flow
 * both ways until one side ends. It counts as in flight all the while.
 */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import type { Member } from '../balancing/member.ts';
import type { AttemptEnd } from '../balancing/members.ts';
import type { UpstreamLimits } from '../config.ts';
import type { ShedReason, Waiter } from '../balancing/target.ts';
import { recordOf } from '../access-log.ts';
import type { ExchangeSettings, Forwarding } from './exchange.ts';
import { affinityHeader } from './affinity.ts';
import { answerHeaders } from './headers.ts';
import { replyOnSocket, SHED, UNANSWERED, type Refusal } from './reply.ts';

type State =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'handshake'; readonly member: Member; readonly at: number; readonly upstream: ClientRequest }
  | { readonly kind: 'open'; readonly member: Member; readonly at: number; readonly upstream: Duplex }
  | { readonly kind: 'ended' };

/** A peer that is gone without a word would be in flight for ever. */
const KEEP_ALIVE_PROBE_MILLISECONDS = 30_000;

export interface TunnelSettings extends ExchangeSettings {
  readonly upstream: UpstreamLimits;
}

export class Tunnel implements Waiter {
  readonly arrivedAt: number;
  tried: Set<Member> | undefined;
  readonly #settings: TunnelSettings;
  readonly #forwarding: Forwarding;
  readonly #request: IncomingMessage;
  readonly #client: Duplex;
  readonly #head: Buffer;
  #state: State = { kind: 'waiting' };
  #retries = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(
    settings: TunnelSettings,
    forwarding: Forwarding,
    request: IncomingMessage,
    client: Duplex,
    head: Buffer,
  ) {
    this.#settings = settings;
    this.#forwarding = forwarding;
    this.#request = request;
    this.#client = client;
    this.#head = head;
    this.arrivedAt = settings.clock();
    // An error of the client's connection is followed by its close, which ends the tunnel.
    client.on('error', () => client.destroy());
    client.on('close', () => this.#clientClosed());
  }

  get token(): string | undefined {
    return this.#forwarding.affinity?.token;
  }

  begin(): void {
    this.#forwarding.target.submit(this);
  }

  shed(reason: ShedReason): void {
    this.#state = { kind: 'ended' };
    this.#forwarding.target.counters.shed(this.#settings.clock());
    this.#refuse(SHED[reason], undefined, reason);
  }

  start(member: Member, now: number): void {
    const forwarding = this.#forwarding;
    const upstream = httpRequest({
      host: member.host,
      port: member.port,
      method: this.#request.method,
      path: forwarding.url,
      headers: [...forwarding.headers, 'connection', 'upgrade', 'upgrade', 'websocket'],
      setHost: false,
      agent: false,
    });
    this.#state = { kind: 'handshake', member, at: now, upstream };
    let connected = false;
    const { connectSeconds, answerSeconds } = this.#settings.upstream;
    let limit = setTimeout(() => upstream.destroy(new Error('connect timeout')), connectSeconds * 1000);
    upstream.on('socket', (socket: Socket) =>
      socket.once('connect', () => {
        connected = true;
        socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MILLISECONDS);
        clearTimeout(limit);
        limit = setTimeout(() => upstream.destroy(new Error('answer timeout')), answerSeconds * 1000);
      }),
    );
    for (const event of ['close', 'upgrade', 'response']) upstream.on(event, () => clearTimeout(limit));
    upstream.on('upgrade', (answer, socket, head) => this.#open(answer, socket, head));
    upstream.on('response', (answer) => this.#declined(answer));
    upstream.on('error', (error) => this.#handshakeFailed(connected, error));
    upstream.end();
  }

  /** Cuts it off from this side. */
  close(): void {
    this.#client.destroy();
  }

  #open(answer: IncomingMessage, upstream: Duplex, head: Buffer): void {
    const state = this.#state;
    if (state.kind !== 'handshake') {
      upstream.destroy();
      return;
    }
    this.#state = { kind: 'open', member: state.member, at: state.at, upstream };
    upstream.on('error', () => upstream.destroy());
    upstream.on('close', () => this.#instanceClosed());
    // A side that has said its last may wait for the other's last word, and not for ever.
    upstream.on('end', () => this.#endWithSilence(this.#client));
    this.#client.on('end', () => this.#endWithSilence(upstream));
    const cookie = affinityHeader(this.#forwarding, state.member);
    this.#client.write(headOf(answer, ['connection', 'upgrade', 'upgrade', 'websocket', ...cookie]));
    if (head.length > 0) upstream.unshift(head);
    if (this.#head.length > 0) this.#client.unshift(this.#head);
    upstream.pipe(this.#client).pipe(upstream);
    // After the pipes: a listener sets the bytes flowing that were put back above, and nobody else would get them.
    this.#client.on('data', (chunk: Buffer) => this.#countIn(chunk.length));
    upstream.on('data', (chunk: Buffer) => this.#countOut(chunk.length));
  }

  /** The instance gave an ordinary answer to the handshake: passed on, and the connection ends with it. */
  #declined(answer: IncomingMessage): void {
    const state = this.#state;
    if (state.kind !== 'handshake') return;
    const cookie = affinityHeader(this.#forwarding, state.member);
    this.#client.write(headOf(answer, ['connection', 'close', ...cookie]));
    pipeline(answer, this.#client, (error) => {
      if (!error) this.#end({ kind: 'answered', status: answer.statusCode ?? 502 });
      else if (!answer.complete) this.#end({ kind: 'broken-off' });
    });
    answer.on('data', (chunk: Buffer) => this.#countOut(chunk.length));
  }

  #handshakeFailed(connected: boolean, error: Error): void {
    const state = this.#state;
    if (state.kind !== 'handshake') return;
    const { target } = this.#forwarding;
    this.#state = { kind: 'waiting' };
    target.release(state.member, { kind: connected ? 'broken-off' : 'refused' }, this.#settings.clock());
    (this.tried ??= new Set()).add(state.member);
    if (!connected) {
      this.#retries++;
      target.resubmit(this);
      return;
    }
    this.#state = { kind: 'ended' };
    target.counters.failed();
    this.#refuse(UNANSWERED, state.member, 'unanswered', error);
  }

  /** @param open the side that has not said its last */
  #endWithSilence(open: Duplex): void {
    const { idleSeconds } = this.#settings.upstream;
    // Node types both as any stream; they are connections.
    (open as Socket).setTimeout(idleSeconds * 1000, () => open.destroy());
  }

  #instanceClosed(): void {
    this.#client.destroy();
    this.#end({ kind: 'answered', status: 101 });
  }

  #clientClosed(): void {
    const state = this.#state;
    if (state.kind === 'open') {
      state.upstream.destroy();
      this.#end({ kind: 'answered', status: 101 });
      return;
    }
    this.#state = { kind: 'ended' };
    if (state.kind === 'ended') return;
    const { target } = this.#forwarding;
    target.counters.abandoned();
    if (state.kind === 'waiting') {
      target.cancel(this);
      this.#finish(499, undefined, 'client-gone');
      return;
    }
    state.upstream.destroy();
    target.release(state.member, { kind: 'abandoned' }, this.#settings.clock());
    this.#finish(499, state.member, 'client-gone');
  }

  #end(end: Extract<AttemptEnd, { kind: 'answered' | 'broken-off' }>): void {
    const state = this.#state;
    if (state.kind !== 'open' && state.kind !== 'handshake') return;
    const { target } = this.#forwarding;
    this.#state = { kind: 'ended' };
    const now = this.#settings.clock();
    const times = { arrivedAt: this.arrivedAt, forwardedAt: state.at };
    if (end.kind === 'answered') target.counters.completed({ status: end.status, ...times }, now);
    else target.counters.failed();
    target.release(state.member, end, now);
    if (end.kind === 'answered') this.#finish(end.status, state.member, 'completed');
    else this.#finish(502, state.member, 'cut');
  }

  #countIn(bytes: number): void {
    this.#bytesIn += bytes;
    this.#forwarding.target.counters.received(bytes);
  }

  #countOut(bytes: number): void {
    this.#bytesOut += bytes;
    this.#forwarding.target.counters.sent(bytes);
  }

  #refuse(refusal: Refusal, member: Member | undefined, outcome: string, error?: Error): void {
    replyOnSocket(this.#client, refusal, this.#forwarding.requestId);
    this.#finish(refusal.status, member, outcome, error);
  }

  /** It is over, once and for all. */
  #finish(status: number, member: Member | undefined, outcome: string, error?: Error): void {
    this.#forwarding.release();
    this.#settings.access.log(() => ({
      ...recordOf(this.#forwarding, this.#request, { status, outcome, error }),
      instance: member?.instance,
      retries: this.#retries,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      seconds: this.#settings.clock() - this.arrivedAt,
    }));
  }
}

function headOf(answer: IncomingMessage, connection: readonly string[]): string {
  const headers = [...answerHeaders(answer.rawHeaders, undefined), ...connection];
  let head = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ''}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${head}\r\n`;
}
