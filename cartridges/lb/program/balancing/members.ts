/** The members of one service cluster: who they are, what is in flight there, and who may be given a request. */
import type { TopologyDocument } from '../../../../schema/mqtt/topology.ts';
import { anyServes, choose, isFree } from './choose.ts';
import type { TargetCounters } from './counters.ts';
import { admission, type EjectionCause } from './ejection.ts';
import { Member, type OpenPool } from './member.ts';
import { isOutlier, mayEjectOneMore, type Tally } from './outlier.ts';

/** How one attempt at one member ended. */
export type AttemptEnd =
  | { readonly kind: 'answered'; readonly status: number }
  /** The instance ended the connection before its answer was complete. */
  | { readonly kind: 'broken-off' }
  /** It did not answer in time. */
  | { readonly kind: 'late' }
  /** It answered what cannot be passed on. */
  | { readonly kind: 'unreadable' }
  /** No connection could be made. */
  | { readonly kind: 'refused' }
  /** Ended by the client or by the balancer: it says nothing of the instance. */
  | { readonly kind: 'abandoned' };

/** What a request asks of its member. */
export interface Wish {
  /** The token of the member that it belongs to, by its client's cookie. */
  readonly token: string | undefined;
  /** Members that it has tried in vain. */
  readonly tried: ReadonlySet<Member> | undefined;
}

export interface Ejection {
  readonly instance: string;
  readonly cause: EjectionCause;
  /** Until it is given a request again. */
  readonly seconds: number;
}

/** Counts of an instance that left are reported for this long after its last request, should a report get lost. */
const REPORT_AFTER_LEAVING_SECONDS = 10;
/** A new member's share grows to the whole over this time, where the topology names none. */
const SLOW_START_SECONDS = 5;

export class Members {
  readonly #openPool: OpenPool;
  readonly #counters: TargetCounters;
  readonly #onEjection: (ejection: Ejection) => void;
  readonly #present = new Map<string, Member>();
  #byToken = new Map<string, Member>();
  /** Removed from the topology with requests still in flight. */
  readonly #leaving = new Set<Member>();
  readonly #forgetAt = new Map<string, number>();
  #concurrency = 0;

  constructor(openPool: OpenPool, counters: TargetCounters, onEjection: (ejection: Ejection) => void) {
    this.#openPool = openPool;
    this.#counters = counters;
    this.#onEjection = onEjection;
  }

  apply(document: Pick<TopologyDocument, 'concurrency' | 'members' | 'slowStartSeconds'>, now: number): void {
    this.#concurrency = document.concurrency;
    const left = new Map(this.#present);
    for (const described of document.members) {
      let member = this.#present.get(described.instance);
      if (member?.isAt(described)) {
        left.delete(described.instance);
      } else {
        member = new Member(described, this.#openPool, now);
        this.#present.set(described.instance, member);
        this.#counters.track(described.instance, now);
        this.#forgetAt.delete(described.instance);
      }
      member.update(described, now);
      member.slowStartSeconds = document.slowStartSeconds ?? SLOW_START_SECONDS;
    }
    for (const member of left.values()) this.#leave(member, now);
    this.#byToken = new Map([...this.#present.values()].map((member) => [member.token, member]));
  }

  /**
   * A member that may be given a request now. One that belongs to a member waits for that, as long as it serves at all: its
   * session is there and nowhere else.
   */
  choose({ token, tried }: Wish, now: number): Member | undefined {
    const own = token === undefined ? undefined : this.#byToken.get(token);
    if (own && !tried?.has(own) && own.state === 'active' && admission(own.trust, 0, now) > 0)
      return isFree(own, this.#concurrency, now) ? own : undefined;
    return choose(this.#present.values(), this.#concurrency, now, tried);
  }

  anyServes(now: number): boolean {
    return anyServes(this.#present.values(), now);
  }

  /** When the next ejection or suspicion ends, in seconds; Infinity: there is none. */
  nextTrust(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { trust } of this.#present.values())
      if (trust.kind !== 'trusted' && trust.until > now) next = Math.min(next, trust.until);
    return next;
  }

  begin(member: Member, now: number): void {
    member.inFlight++;
    this.#counters.forwarded(member.instance, now);
  }

  /** The end of what {@link begin} began. */
  end(member: Member, end: AttemptEnd, now: number): void {
    member.inFlight--;
    this.#judge(member, end, now);
    const result = end.kind === 'answered' ? 'completed' : end.kind === 'abandoned' ? 'abandoned' : 'failed';
    this.#counters.attemptEnded(member.instance, result, now);
    if (member.inFlight === 0 && this.#leaving.delete(member)) this.#retire(member, now);
  }

  /** Counts of instances that left some time ago are forgotten. */
  forgetGone(now: number): void {
    for (const [instance, at] of this.#forgetAt) {
      if (now < at) continue;
      this.#counters.forget(instance);
      this.#forgetAt.delete(instance);
    }
  }

  /** Lets all of them go; resolves once their requests have ended and their connections are closed. */
  async close(now: number): Promise<void> {
    const members = [...this.#present.values()];
    for (const member of members) this.#leave(member, now);
    await Promise.all(members.map((member) => member.close()));
  }

  #judge(member: Member, end: AttemptEnd, now: number): void {
    if (end.kind === 'abandoned') return;
    if (end.kind === 'refused') {
      this.#eject(member, 'refused', now);
      return;
    }
    const isBad = end.kind !== 'answered' || end.status >= 500;
    member.outcomes.add(isBad, now);
    if (!isBad) {
      member.answeredWell(now);
      return;
    }
    if (end.kind === 'broken-off') member.suspect(now);
    // On probation the first bad answer is enough: it was judged before.
    const again = member.trust.kind === 'ejected' && member.trust.cause === 'outlier' && now >= member.trust.until;
    if (again) this.#eject(member, 'outlier', now);
    else if (member.trust.kind !== 'ejected' && isOutlier(member.outcomes.read(now), this.#others(member, now)))
      if (mayEjectOneMore(this.#present.values())) this.#eject(member, 'outlier', now);
  }

  #eject(member: Member, cause: EjectionCause, now: number): void {
    const seconds = member.eject(cause, now);
    if (seconds === undefined) return;
    this.#counters.ejected();
    this.#onEjection({ instance: member.instance, cause, seconds });
  }

  /** How all but this one answered lately. */
  #others(member: Member, now: number): Tally {
    const sum = { total: 0, bad: 0 };
    for (const other of this.#present.values()) {
      if (other === member) continue;
      const { total, bad } = other.outcomes.read(now);
      sum.total += total;
      sum.bad += bad;
    }
    return sum;
  }

  #leave(member: Member, now: number): void {
    if (this.#present.get(member.instance) === member) this.#present.delete(member.instance);
    if (member.inFlight > 0) this.#leaving.add(member);
    else this.#retire(member, now);
  }

  #retire(member: Member, now: number): void {
    void member.close();
    if (!this.#present.has(member.instance)) this.#forgetAt.set(member.instance, now + REPORT_AFTER_LEAVING_SECONDS);
  }
}
