/**
 * One request from its arrival to its end: waits for a member, is forwarded, maybe again elsewhere, and is answered. It ends
 * exactly once, in one of the counters' four ways: completed, shed, failed, abandoned.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Member } from '../balancing/member.ts';
import type { ShedReason, Target, Waiter } from '../balancing/target.ts';
import type { AttemptEnd } from '../balancing/members.ts';
import { recordOf, type AccessLog } from '../access-log.ts';
import { affinityHeader, type Affinity } from './affinity.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import { mayRetry, type AttemptFailure } from './failure.ts';
import { answerHeaders } from './headers.ts';
import { reply, SHED, UNANSWERED, UNREADABLE, type Refusal } from './reply.ts';
import { hasBody, RequestBody } from './request-body.ts';

export interface ExchangeSettings {
  readonly clock: () => number;
  /** 0: no limit. */
  readonly bodyBytes: number;
  /** How long a client may read nothing of an answer that is there before it is cut off. */
  readonly readSeconds: number;
  /** Whether answers shall ask clients to connect anew (elsewhere). */
  readonly isDraining: () => boolean;
  readonly access: AccessLog;
}

export interface Forwarding {
  readonly alias: string;
  readonly target: Target;
  readonly affinity: Affinity | undefined;
  readonly host: string;
  /** Path and query, as forwarded. */
  readonly url: string;
  readonly headers: string[];
  /** Headers that the balancer adds to the answer. */
  readonly answer: readonly string[];
  readonly requestId: string;
  /** Address of the client, or of the proxy that is not to be looked behind. */
  readonly client: string;
  /** Gives back what the request took of limits; to be called once. */
  readonly release: () => void;
}

type State =
  { readonly kind: 'waiting' } | { readonly kind: 'forwarded'; readonly attempt: Attempt } | { readonly kind: 'ended' };

const WAITING: State = { kind: 'waiting' };
const ENDED: State = { kind: 'ended' };

export class Exchange implements Waiter, AttemptOwner {
  readonly arrivedAt: number;
  tried: Set<Member> | undefined;
  readonly #settings: ExchangeSettings;
  readonly #forwarding: Forwarding;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #state: State = WAITING;
  #retries = 0;
  /** Retries after something may have been sent. */
  #resends = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  /** Runs while the client has to read before more is taken from the instance. */
  #readLimit: NodeJS.Timeout | undefined;

  constructor(settings: ExchangeSettings, forwarding: Forwarding, request: IncomingMessage, response: ServerResponse) {
    this.#settings = settings;
    this.#forwarding = forwarding;
    this.#request = request;
    this.#response = response;
    this.arrivedAt = settings.clock();
  }

  get token(): string | undefined {
    return this.#forwarding.affinity?.token;
  }

  begin(): void {
    this.#response.on('close', () => this.#clientClosed());
    this.#forwarding.target.submit(this);
  }

  start(member: Member, now: number): void {
    const body = hasBody(this.#request)
      ? new RequestBody(this.#request, this.#settings.bodyBytes, (bytes) => this.#countIn(bytes))
      : null;
    const attempt = new Attempt(this, member, body, now);
    this.#state = { kind: 'forwarded', attempt };
    attempt.dispatch(this.#request.method ?? 'GET', this.#forwarding.url, this.#forwarding.headers);
  }

  shed(reason: ShedReason): void {
    this.#state = ENDED;
    this.#forwarding.target.counters.shed(this.#settings.clock());
    this.#refuse(SHED[reason]);
    this.#finish(SHED[reason].status, undefined, reason);
  }

  answered({ member }: Attempt, status: number, message: string | undefined, rawHeaders: (Buffer | string)[]): void {
    const headers = answerHeaders(rawHeaders, this.#settings.isDraining() ? 'close' : undefined);
    headers.push(...affinityHeader(this.#forwarding, member), ...this.#forwarding.answer);
    this.#response.writeHead(status, message ?? '', headers);
    // A head that came alone is passed on alone (server-sent events); one that came with its body goes out with it.
    queueMicrotask(() => {
      if (this.#bytesOut === 0 && this.#state.kind === 'forwarded') this.#response.flushHeaders();
    });
  }

  received(chunk: Buffer): boolean {
    this.#bytesOut += chunk.length;
    this.#forwarding.target.counters.sent(chunk.length);
    if (this.#response.write(chunk)) return true;
    if (!this.#readLimit) {
      this.#readLimit = setTimeout(() => this.#response.destroy(), this.#settings.readSeconds * 1000);
      this.#response.once('drain', () => {
        this.#stopReadLimit();
        if (this.#state.kind === 'forwarded') this.#state.attempt.resume();
      });
    }
    return false;
  }

  ended(attempt: Attempt, rawTrailers: (Buffer | string)[]): void {
    const status = this.#response.statusCode;
    const { target } = this.#forwarding;
    this.#state = ENDED;
    const { forwardedAt } = attempt;
    const now = this.#settings.clock();
    target.counters.completed({ status, arrivedAt: this.arrivedAt, forwardedAt }, now);
    if (rawTrailers.length > 0) this.#response.addTrailers(pairs(rawTrailers));
    this.#response.end();
    this.#discardRest();
    target.release(attempt.member, { kind: 'answered', status }, now);
    this.#finish(status, attempt.member, 'completed');
  }

  failed(attempt: Attempt, failure: AttemptFailure): void {
    const { target } = this.#forwarding;
    this.#state = WAITING;
    target.release(attempt.member, endOf(failure), this.#settings.clock());
    (this.tried ??= new Set()).add(attempt.member);
    if (!mayRetry(failure, this.#request.method ?? 'GET', this.#resends)) {
      this.#giveUp(attempt.member, failure);
      return;
    }
    this.#retries++;
    if (failure.kind === 'unanswered') this.#resends++;
    target.resubmit(this);
  }

  #giveUp(member: Member, failure: AttemptFailure): void {
    const { counters } = this.#forwarding.target;
    this.#state = ENDED;
    if (failure.kind === 'invalid' || failure.kind === 'client-gone') counters.abandoned();
    else counters.failed();
    const refusal = refusalFor(failure);
    this.#refuse(refusal);
    this.#finish(refusal.status, member, failure.kind, failure.error);
  }

  /** The client's connection is gone, or the answer is complete. */
  #clientClosed(): void {
    this.#stopReadLimit();
    const state = this.#state;
    if (state.kind === 'ended') return;
    const { target } = this.#forwarding;
    this.#state = ENDED;
    target.counters.abandoned();
    if (state.kind === 'waiting') {
      target.cancel(this);
      this.#finish(499, undefined, 'client-gone');
      return;
    }
    state.attempt.abandon();
    target.release(state.attempt.member, { kind: 'abandoned' }, this.#settings.clock());
    this.#finish(499, state.attempt.member, 'client-gone');
  }

  #refuse(refusal: Refusal): void {
    // A part of an answer cannot be taken back: only a broken connection tells the client that it is not whole.
    if (this.#response.headersSent) this.#response.destroy();
    else reply(this.#response, refusal, this.#forwarding.requestId, this.#settings.isDraining());
    this.#discardRest();
  }

  /** Reads what the client still sends, so that the connection can carry its next request. */
  #discardRest(): void {
    if (!this.#request.complete) this.#request.resume();
  }

  #stopReadLimit(): void {
    clearTimeout(this.#readLimit);
    this.#readLimit = undefined;
  }

  #countIn(bytes: number): void {
    this.#bytesIn += bytes;
    this.#forwarding.target.counters.received(bytes);
  }

  /** The request is over, once and for all. */
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

function endOf({ kind }: AttemptFailure): AttemptEnd {
  switch (kind) {
    case 'refused':
      return { kind: 'refused' };
    case 'unanswered':
    case 'cut':
      return { kind: 'broken-off' };
    case 'timeout':
      return { kind: 'late' };
    case 'unreadable':
      return { kind: 'unreadable' };
    case 'client-gone':
    case 'invalid':
    case 'local':
      return { kind: 'abandoned' };
  }
}

function refusalFor(failure: AttemptFailure): Refusal {
  switch (failure.kind) {
    case 'invalid':
      return {
        status: failure.status,
        text: failure.status === 413 ? 'The request’s body is too large.' : 'The request cannot be forwarded.',
      };
    case 'unreadable':
      return UNREADABLE[failure.why];
    case 'timeout':
      return { status: 504, text: 'The instance did not answer in time.' };
    case 'local':
      return { status: 503, text: 'The load balancer is short of connections.', retryAfterSeconds: 1 };
    case 'refused':
    case 'unanswered':
    case 'cut':
    case 'client-gone':
      return UNANSWERED;
  }
}

function pairs(raw: readonly (Buffer | string)[]): [string, string][] {
  const list: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2)
    list.push([raw[index]!.toString(), raw[index + 1]!.toString()]);
  return list;
}
