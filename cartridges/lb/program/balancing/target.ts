/**
 * One service cluster behind the balancer: its members, the bounded queue of requests that wait for one, and the counts.
 * Owns one timer and the members' connection pools; {@link Target.close} ends both.
 */
import type { TargetDemand } from '../../../../schema/mqtt/demand.ts';
import type { TopologyDocument } from '../../../../schema/mqtt/topology.ts';
import type { QueueLimits } from '../config.ts';
import { TargetCounters } from './counters.ts';
import type { Member, OpenPool } from './member.ts';
import { Members, type AttemptEnd, type Ejection, type Wish } from './members.ts';

export type ShedReason = 'queue-full' | 'queue-timeout' | 'no-instance' | 'route-removed';

/** A request that wants a member. Exactly one of `start` and `shed` is called for each time it is submitted. */
export interface Waiter extends Wish {
  readonly arrivedAt: number;
  start(member: Member, now: number): void;
  shed(reason: ShedReason): void;
}

export interface TargetOptions {
  readonly clock: () => number;
  readonly limits: QueueLimits;
  readonly openPool: OpenPool;
  readonly onEjection: (ejection: Ejection) => void;
  /** The first request waits and no member serves: whoever starts instances should know at once. */
  readonly onStarving: () => void;
}

export class Target {
  readonly counters: TargetCounters;
  readonly #clock: () => number;
  readonly #limits: QueueLimits;
  readonly #members: Members;
  readonly #onStarving: () => void;
  #holdSeconds: number;
  /** Requests on their way back from a member that refused them: before all others. */
  readonly #returned = new Set<Waiter>();
  readonly #waiting = new Set<Waiter>();
  #pumping = false;
  #timer: { readonly handle: NodeJS.Timeout; readonly at: number } | undefined;

  constructor({ clock, limits, openPool, onEjection, onStarving }: TargetOptions) {
    this.#clock = clock;
    this.#limits = limits;
    this.#holdSeconds = limits.noInstanceSeconds;
    this.#onStarving = onStarving;
    this.counters = new TargetCounters(clock());
    this.#members = new Members(openPool, this.counters, onEjection);
  }

  get isIdle(): boolean {
    return this.counters.inFlight === 0 && this.#queueLength === 0;
  }

  /** Once it returns, every new request goes by the document; requests in flight on members that left go on. */
  apply(document: Pick<TopologyDocument, 'concurrency' | 'members' | 'slowStartSeconds' | 'holdSeconds'>): void {
    this.#holdSeconds = document.holdSeconds ?? this.#limits.noInstanceSeconds;
    this.#members.apply(document, this.#clock());
    this.#pump();
    this.#sweep();
  }

  /** Counts the request's arrival and starts it at once, lets it wait, or sheds it. */
  submit(waiter: Waiter): void {
    this.counters.arrived();
    const now = this.#clock();
    // Nobody overtakes a request that any member would do for; one that belongs to a member keeps nobody else waiting.
    const isFirst = this.#queueLength === 0 || this.#first()?.token !== undefined;
    const member = isFirst ? this.#members.choose(waiter, now) : undefined;
    if (member) this.#start(waiter, member, now);
    else if (this.#queueLength >= this.#limits.length) waiter.shed('queue-full');
    else this.#enqueue(waiter, this.#waiting, now);
  }

  /** Gives a request that a member failed another chance, before those that wait; it sheds itself when its time is over. */
  resubmit(waiter: Waiter): void {
    const now = this.#clock();
    const member = this.#members.choose(waiter, now);
    if (member) this.#start(waiter, member, now);
    else this.#enqueue(waiter, this.#returned, now);
  }

  /** Takes a waiting request out of the queue; false if it does not wait. */
  cancel(waiter: Waiter): boolean {
    if (!this.#returned.delete(waiter) && !this.#waiting.delete(waiter)) return false;
    this.counters.dequeued(this.#clock());
    return true;
  }

  /** The end of an attempt begun by a waiter's `start`. */
  release(member: Member, end: AttemptEnd, now: number): void {
    this.#members.end(member, end, now);
    if (this.#queueLength === 0) return;
    this.#pump();
    // How long one waits depends on whether anybody serves at all, and on whose trust comes back when.
    if (end.kind !== 'answered') this.#sweep();
  }

  report(): TargetDemand {
    const now = this.#clock();
    this.#members.forgetGone(now);
    return this.counters.report(now);
  }

  /** Sheds what waits and closes the pools once their requests have ended. */
  async close(reason: ShedReason): Promise<void> {
    const closed = this.#members.close(this.#clock());
    for (const waiter of [...this.#returned, ...this.#waiting]) this.#shed(waiter, reason);
    this.#disarm();
    await closed;
  }

  get #queueLength(): number {
    return this.#returned.size + this.#waiting.size;
  }

  #start(waiter: Waiter, member: Member, now: number): void {
    this.#members.begin(member, now);
    waiter.start(member, now);
  }

  #enqueue(waiter: Waiter, queue: Set<Waiter>, now: number): void {
    queue.add(waiter);
    this.counters.enqueued(now);
    this.#sweep();
    if (this.#queueLength === 1 && !this.#members.anyServes(now)) this.#onStarving();
  }

  #shed(waiter: Waiter, reason: ShedReason): void {
    if (this.cancel(waiter)) waiter.shed(reason);
  }

  /** Starts what waits, in order, while a member is free. A start that fails at once comes back in here: no recursion. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#startNext(this.#clock()));
    } finally {
      this.#pumping = false;
    }
  }

  /** Starts the first that can be; false when there is none. */
  #startNext(now: number): boolean {
    for (const queue of [this.#returned, this.#waiting]) {
      for (const waiter of queue) {
        const member = this.#members.choose(waiter, now);
        if (member) {
          this.cancel(waiter);
          this.#start(waiter, member, now);
          return true;
        }
        // No member is free at all; only those that belong to one may find it busy while others are not.
        if (waiter.token === undefined) return false;
      }
    }
    return false;
  }

  #first(): Waiter | undefined {
    for (const waiter of this.#returned) return waiter;
    for (const waiter of this.#waiting) return waiter;
    return undefined;
  }

  /** Sheds those whose time is over and arms the timer for the next who has to be looked at. */
  #sweep(): void {
    const now = this.#clock();
    const served = this.#members.anyServes(now);
    const patience = served ? this.#limits.seconds : this.#holdSeconds;
    let next = Number.POSITIVE_INFINITY;
    for (const queue of [this.#returned, this.#waiting]) {
      for (const waiter of queue) {
        if (now < waiter.arrivedAt + patience) {
          next = Math.min(next, waiter.arrivedAt + patience);
          // First come, first out of time: nobody behind the first has waited longer. Only those returned are unordered.
          if (queue === this.#waiting) break;
        } else {
          this.#shed(waiter, served ? 'queue-timeout' : 'no-instance');
        }
      }
    }
    if (next === Number.POSITIVE_INFINITY) this.#disarm();
    else this.#arm(Math.min(next, this.#members.nextTrust(now)), now);
  }

  #arm(at: number, now: number): void {
    if (this.#timer && this.#timer.at <= at && this.#timer.at > now) return;
    this.#disarm();
    const handle = setTimeout(
      () => {
        this.#timer = undefined;
        this.#pump();
        this.#sweep();
      },
      Math.max(1, Math.ceil((at - now) * 1000)),
    );
    this.#timer = { handle, at };
  }

  #disarm(): void {
    if (this.#timer) clearTimeout(this.#timer.handle);
    this.#timer = undefined;
  }
}
