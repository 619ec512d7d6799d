/**
 * One service cluster behind the balancer: its members, the bounded queue of requests that wait for one, and the counts.
 * Owns one timer and the members' connection pools; {@link Target.close} ends both.
 */
import type { TargetDemand } from '../../../../schema/mqtt/demand.ts';
import type { TopologyDocument } from '../../../../schema/mqtt/topology.ts';
import type { QueueLimits } from '../config.ts';
import { anyServes, choose } from './choose.ts';
import { TargetCounters, type AttemptResult } from './counters.ts';
import { Member, type OpenPool } from './member.ts';

export type ShedReason = 'queue-full' | 'queue-timeout' | 'no-instance' | 'route-removed';

/** A request that wants a member. Exactly one of `start` and `shed` is called for each time it is submitted. */
export interface Waiter {
  readonly arrivedAt: number;
  /** Members that it has tried in vain. */
  readonly tried: ReadonlySet<Member> | undefined;
  start(member: Member, now: number): void;
  shed(reason: ShedReason): void;
}

/** Counts of an instance that left are reported for this long after its last request, should a report get lost. */
const REPORT_AFTER_LEAVING_SECONDS = 10;

export class Target {
  readonly counters: TargetCounters;
  readonly #clock: () => number;
  readonly #limits: QueueLimits;
  readonly #openPool: OpenPool;
  readonly #members = new Map<string, Member>();
  /** Removed from the topology with requests still in flight. */
  readonly #leaving = new Set<Member>();
  readonly #forgetAt = new Map<string, number>();
  /** Requests on their way back from a member that refused them: before all others. */
  readonly #returned = new Set<Waiter>();
  readonly #waiting = new Set<Waiter>();
  #concurrency = 0;
  #pumping = false;
  #timer: { readonly handle: NodeJS.Timeout; readonly at: number } | undefined;

  constructor(clock: () => number, limits: QueueLimits, openPool: OpenPool) {
    this.#clock = clock;
    this.#limits = limits;
    this.#openPool = openPool;
    this.counters = new TargetCounters(clock());
  }

  get isIdle(): boolean {
    return this.counters.inFlight === 0 && this.#queueLength === 0;
  }

  /** Once it returns, every new request goes by the document; requests in flight on members that left go on. */
  apply(document: Pick<TopologyDocument, 'concurrency' | 'members'>): void {
    const now = this.#clock();
    this.#concurrency = document.concurrency;
    const left = new Map(this.#members);
    for (const described of document.members) {
      const present = this.#members.get(described.instance);
      if (present?.isAt(described)) {
        present.update(described);
        left.delete(described.instance);
      } else {
        this.#members.set(described.instance, new Member(described, this.#openPool));
        this.counters.track(described.instance, now);
        this.#forgetAt.delete(described.instance);
      }
    }
    for (const member of left.values()) this.#leave(member, now);
    this.#pump();
    this.#sweep();
  }

  /** Counts the request's arrival and starts it at once, lets it wait, or sheds it. */
  submit(waiter: Waiter): void {
    this.counters.arrived();
    const now = this.#clock();
    const member = this.#queueLength === 0 ? choose(this.#members.values(), this.#concurrency, now) : undefined;
    if (member) this.#start(waiter, member, now);
    else if (this.#queueLength >= this.#limits.length) waiter.shed('queue-full');
    else this.#enqueue(waiter, this.#waiting, now);
  }

  /** Gives a request that a member failed another chance, before those that wait; it sheds itself when its time is over. */
  resubmit(waiter: Waiter): void {
    const now = this.#clock();
    const member = choose(this.#members.values(), this.#concurrency, now, waiter.tried);
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
  release(member: Member, result: AttemptResult, now: number): void {
    member.inFlight--;
    if (result === 'completed') member.answered();
    this.counters.attemptEnded(member.instance, result, now);
    if (member.inFlight === 0 && this.#leaving.delete(member)) this.#retire(member, now);
    if (this.#queueLength > 0) this.#pump();
  }

  /** The member could not be connected to: it gets no requests for a while. */
  refused(member: Member): void {
    member.refused(this.#clock());
    if (this.#queueLength > 0) this.#sweep();
  }

  report(): TargetDemand {
    const now = this.#clock();
    for (const [instance, at] of this.#forgetAt) {
      if (now < at) continue;
      this.counters.forget(instance);
      this.#forgetAt.delete(instance);
    }
    return this.counters.report(now);
  }

  /** Sheds what waits and closes the pools once their requests have ended. */
  async close(reason: ShedReason): Promise<void> {
    const now = this.#clock();
    const members = [...this.#members.values()];
    for (const member of members) this.#leave(member, now);
    for (const waiter of [...this.#returned, ...this.#waiting]) this.#shed(waiter, reason);
    this.#disarm();
    await Promise.all(members.map((member) => member.close()));
  }

  get #queueLength(): number {
    return this.#returned.size + this.#waiting.size;
  }

  #start(waiter: Waiter, member: Member, now: number): void {
    member.inFlight++;
    this.counters.forwarded(member.instance, now);
    waiter.start(member, now);
  }

  #enqueue(waiter: Waiter, queue: Set<Waiter>, now: number): void {
    queue.add(waiter);
    this.counters.enqueued(now);
    this.#sweep();
  }

  #shed(waiter: Waiter, reason: ShedReason): void {
    if (this.cancel(waiter)) waiter.shed(reason);
  }

  /** Starts what waits, in order, while a member is free. A start that fails at once comes back in here: no recursion. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let waiter = this.#first(); waiter; waiter = this.#first()) {
        const now = this.#clock();
        const member = choose(this.#members.values(), this.#concurrency, now, waiter.tried);
        if (!member) return;
        this.cancel(waiter);
        this.#start(waiter, member, now);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #first(): Waiter | undefined {
    for (const waiter of this.#returned) return waiter;
    for (const waiter of this.#waiting) return waiter;
    return undefined;
  }

  /** Sheds those whose time is over and arms the timer for the next who has to be looked at. */
  #sweep(): void {
    const now = this.#clock();
    const served = anyServes(this.#members.values(), now);
    const patience = served ? this.#limits.seconds : this.#limits.noInstanceSeconds;
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
    if (next === Number.POSITIVE_INFINITY) {
      this.#disarm();
      return;
    }
    for (const { trust } of this.#members.values())
      if (trust.kind === 'ejected' && trust.until > now) next = Math.min(next, trust.until);
    this.#arm(next, now);
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

  #leave(member: Member, now: number): void {
    if (this.#members.get(member.instance) === member) this.#members.delete(member.instance);
    if (member.inFlight > 0) this.#leaving.add(member);
    else this.#retire(member, now);
  }

  #retire(member: Member, now: number): void {
    void member.close();
    if (!this.#members.has(member.instance)) this.#forgetAt.set(member.instance, now + REPORT_AFTER_LEAVING_SECONDS);
  }
}
