/** One try of one request at one instance, as undici reports it, turned into what the exchange has to know. */
import type { Dispatcher } from 'undici';
import type { Member } from '../balancing/member.ts';
import { classify, type AttemptFailure } from './failure.ts';
import type { RequestBody } from './request-body.ts';

/** What an attempt tells. After `ended` or `failed`, or once it was abandoned, it says nothing more. */
export interface AttemptOwner {
  /** The final answer's head has come. */
  answered(attempt: Attempt, status: number, message: string | undefined, rawHeaders: (Buffer | string)[]): void;
  /** A part of the answer's body; false: enough for now, until {@link Attempt.resume}. */
  received(chunk: Buffer): boolean;
  ended(attempt: Attempt, rawTrailers: (Buffer | string)[]): void;
  failed(attempt: Attempt, failure: AttemptFailure): void;
}

/** Interim answers (1xx) to one request; what sends more never ends. */
const MOST_INTERIM = 20;

type Phase =
  /** Not on a connection yet: nothing was sent. */
  'connecting' | 'sent' | 'answered' | 'over';

export class Attempt implements Dispatcher.DispatchHandler {
  readonly member: Member;
  readonly forwardedAt: number;
  readonly #owner: AttemptOwner;
  readonly #body: RequestBody | null;
  #phase: Phase = 'connecting';
  #interim = 0;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(owner: AttemptOwner, member: Member, body: RequestBody | null, forwardedAt: number) {
    this.#owner = owner;
    this.member = member;
    this.#body = body;
    this.forwardedAt = forwardedAt;
  }

  dispatch(method: string, path: string, headers: string[]): void {
    this.member.pool.dispatch({ method: method, path, headers, body: this.#body }, this);
  }

  /** Ends it from this side; the connection is closed, since its state is unknown. */
  abandon(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#controller?.abort(new Error('abandoned'));
    this.#body?.destroy();
  }

  resume(): void {
    if (this.#phase !== 'over') this.#controller?.resume();
  }

  get #bodyState(): 'none' | 'untouched' | 'begun' {
    if (!this.#body) return 'none';
    return this.#body.hasBegun ? 'begun' : 'untouched';
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#phase === 'over') controller.abort(new Error('abandoned'));
    else this.#phase = 'sent';
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    message?: string,
  ): void {
    // Interim answers (1xx) end with the connection they came on: the balancer has said 100 itself.
    if (this.#phase === 'over') return;
    if (status < 200) {
      // Each of them starts the time anew in which the answer must come.
      this.#interim++;
      if (this.#interim > MOST_INTERIM) controller.abort(new Error(`more than ${MOST_INTERIM} interim answers`));
      return;
    }
    this.#phase = 'answered';
    this.#owner.answered(this, status, message, listOf(controller.rawHeaders));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase !== 'over' && !this.#owner.received(chunk)) controller.pause();
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#owner.ended(this, listOf(controller.rawTrailers));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#phase === 'over') return;
    const failure = classify(error, this.#phase, this.#bodyState);
    this.#phase = 'over';
    this.#body?.destroy();
    this.#owner.failed(this, failure);
  }
}

function listOf(raw: Dispatcher.DispatchController['rawHeaders']): (Buffer | string)[] {
  return Array.isArray(raw) ? raw : [];
}
