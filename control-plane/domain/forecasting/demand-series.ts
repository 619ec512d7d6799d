/**
 * What the load balancers of a service cluster report, per second; several balancers add up.
 *
 * Demand in flight is forwarded + queued while nothing queues or is shed. In a saturated second that number says how long the
 * queue has become, not what is asked for, so demand is arrival rate × service time (Little's law) instead: it shows the whole
 * overload at once, and does not fall while a backlog is drained.
 */
import type { DemandInterval } from './demand-delta.ts';
import { RING_SECONDS, secondOf, slotOf } from './ring.ts';
import { ServiceTime } from './service-time.ts';

/** Columns of a balancer's ring. */
const COLUMN = {
  coverage: 0,
  inFlight: 1,
  arrivals: 2,
  completions: 3,
  errors: 4,
  ended: 5,
  saturated: 6,
  time: 7,
  throttled: 8,
} as const;
const COLUMNS = 9;
/** An open second counts once this much of it is known. */
const LEAST_COVERAGE = 0.2;
/** A balancer that has been silent for so long is gone, whether anybody said so or not. */
const FORGET_MILLISECONDS = 600_000;

export type DemandFactor = 'requestsInFlight' | 'requestsPerSecond';

/** Per second: requests that came, complete answers, errors (5xx, failures, sheds), all that ended, and what limits refused. */
export interface Outcome {
  readonly arrivals: number;
  readonly completions: number;
  readonly errors: number;
  readonly ended: number;
  readonly throttled: number;
}

interface BalancerRing {
  readonly seconds: Float64Array;
  readonly cells: Float64Array;
  last: DemandInterval;
  lastDemand: number;
}

/**
 * One second over all balancers. `silent` of them should have said something of it and did not; `held` is what they said last,
 * and not part of `total`.
 */
export type TakeSecond = (seen: SeenSecond) => void;

interface SeenSecond {
  readonly second: number;
  readonly total: number;
  /** The time that the total stands for, in seconds; the mean over balancers. */
  readonly at: number;
  readonly saturated: boolean;
  readonly silent: number;
  readonly held: number;
}

export class DemandSeries {
  readonly #balancers = new Map<string, BalancerRing>();
  readonly #serviceTime = new ServiceTime();
  #idleSince: number | undefined;

  get serviceSeconds(): number | undefined {
    return this.#serviceTime.seconds;
  }

  /** End of the newest interval of any balancer, in milliseconds; `undefined` before the first. */
  get newest(): number | undefined {
    let newest: number | undefined;
    for (const { last } of this.#balancers.values()) if (newest === undefined || last.to > newest) newest = last.to;
    return newest;
  }

  /** When anything was last asked or under way, else when the first interval began, in milliseconds. */
  get idleSince(): number | undefined {
    return this.#idleSince;
  }

  observe(balancer: string, interval: DemandInterval, now: number): void {
    const isBusy = interval.arrivalsPerSecond > 0 || interval.inFlight > 0 || interval.queuedNow > 0;
    this.#idleSince = isBusy ? Math.max(this.#idleSince ?? 0, interval.to) : (this.#idleSince ?? interval.from);
    this.#serviceTime.observe({ ...interval, seconds: (interval.to - interval.from) / 1000 });
    for (const [name, { last }] of this.#balancers)
      if (now - last.to > FORGET_MILLISECONDS) this.#balancers.delete(name);
    const demand = this.#demandOf(interval);
    let ring = this.#balancers.get(balancer);
    if (ring === undefined) {
      ring = {
        seconds: new Float64Array(RING_SECONDS).fill(Number.NaN),
        cells: new Float64Array(RING_SECONDS * COLUMNS),
        last: interval,
        lastDemand: demand,
      };
      this.#balancers.set(balancer, ring);
    }
    if (interval.to >= ring.last.to) {
      ring.last = interval;
      ring.lastDemand = demand;
    }
    const end = secondOf(interval.to);
    for (let second = Math.max(secondOf(interval.from), end - RING_SECONDS + 1); second <= end; second += 1) {
      const covered = Math.min(interval.to / 1000, second + 1) - Math.max(interval.from / 1000, second);
      if (covered > 0) add(ring, second, covered, interval, demand);
    }
  }

  remove(balancer: string): void {
    this.#balancers.delete(balancer);
  }

  /** Requests queued at balancers now; a report older than `maximumAge` milliseconds says nothing of now. */
  queued(now: number, maximumAge: number): number {
    let queued = 0;
    for (const { last } of this.#balancers.values()) if (now - last.to <= maximumAge) queued += last.queuedNow;
    return queued;
  }

  /** Means per second over the last `seconds`, summed up over balancers; `undefined` when none of them reported. */
  outcome(now: number, seconds: number): Outcome | undefined {
    let heard = false;
    const sum = { arrivals: 0, completions: 0, errors: 0, ended: 0, throttled: 0 };
    const end = secondOf(now);
    for (const ring of this.#balancers.values()) {
      const mean = meanOutcome(ring, end - seconds + 1, end);
      if (mean === undefined) continue;
      heard = true;
      sum.arrivals += mean.arrivals;
      sum.completions += mean.completions;
      sum.errors += mean.errors;
      sum.ended += mean.ended;
      sum.throttled += mean.throttled;
    }
    return heard ? sum : undefined;
  }

  /**
   * Visits the seconds from `first` to the newest that is known, oldest first. A balancer silent for up to `hold` seconds is
   * where it was; after that it is `silent`.
   */
  visit(factor: DemandFactor, first: number, now: number, hold: number, take: TakeSecond): void {
    const column = factor === 'requestsInFlight' ? COLUMN.inFlight : COLUMN.arrivals;
    const rings = [...this.#balancers.values()];
    const known = rings.map(() => ({ second: Number.NEGATIVE_INFINITY, value: 0 }));
    const end = Math.min(secondOf(now), this.#newestSecond());
    for (let second = Math.max(first - hold, end - RING_SECONDS + 1); second <= end; second += 1) {
      let total = 0;
      let held = 0;
      let silent = 0;
      let reported = 0;
      let offset = 0;
      let saturated = false;
      for (let index = 0; index < rings.length; index += 1) {
        const ring = rings[index]!;
        const before = known[index]!;
        const cell = cellOf(ring, second);
        if (cell >= 0) {
          before.second = second;
          before.value = ring.cells[cell + column]! / ring.cells[cell + COLUMN.coverage]!;
          saturated ||= ring.cells[cell + COLUMN.saturated]! > 0;
          reported += 1;
          offset += ring.cells[cell + COLUMN.time]! / ring.cells[cell + COLUMN.coverage]!;
        }
        if (second - before.second <= hold) total += before.value;
        else if (before.second > Number.NEGATIVE_INFINITY || secondOf(ring.last.to) < second) {
          silent += 1;
          held += before.second > Number.NEGATIVE_INFINITY ? before.value : lastValue(ring, factor);
        }
      }
      if (reported > 0 && second >= first)
        take({ second, total, at: second + offset / reported, saturated, silent, held });
    }
  }

  #newestSecond(): number {
    const newest = this.newest;
    if (newest === undefined) return Number.NEGATIVE_INFINITY;
    const second = secondOf(newest);
    return newest / 1000 - second >= LEAST_COVERAGE ? second : second - 1;
  }

  #demandOf({ inFlight, queued, arrivalsPerSecond, saturated }: DemandInterval): number {
    if (!saturated) return inFlight;
    const serviceSeconds = this.#serviceTime.seconds;
    // Nothing was ever completed: what is being served is all that is known, and that somebody waits.
    if (serviceSeconds === undefined) return Math.max(inFlight - queued, queued > 0 ? 1 : 0);
    return arrivalsPerSecond * serviceSeconds;
  }
}

function meanOutcome(ring: BalancerRing, first: number, last: number): Outcome | undefined {
  let covered = 0;
  let arrivals = 0;
  let completions = 0;
  let errors = 0;
  let ended = 0;
  let throttled = 0;
  for (let second = first; second <= last; second += 1) {
    const cell = cellOf(ring, second);
    if (cell < 0) continue;
    covered += ring.cells[cell + COLUMN.coverage]!;
    arrivals += ring.cells[cell + COLUMN.arrivals]!;
    completions += ring.cells[cell + COLUMN.completions]!;
    errors += ring.cells[cell + COLUMN.errors]!;
    ended += ring.cells[cell + COLUMN.ended]!;
    throttled += ring.cells[cell + COLUMN.throttled]!;
  }
  if (covered <= 0) return undefined;
  return {
    arrivals: arrivals / covered,
    completions: completions / covered,
    errors: errors / covered,
    ended: ended / covered,
    throttled: throttled / covered,
  };
}

function lastValue(ring: BalancerRing, factor: DemandFactor): number {
  return factor === 'requestsInFlight' ? ring.lastDemand : ring.last.arrivalsPerSecond;
}

/** Place of the second's cell, or −1 when nothing is known of it. */
function cellOf(ring: BalancerRing, second: number): number {
  const slot = slotOf(second);
  return ring.seconds[slot] === second ? slot * COLUMNS : -1;
}

function add(ring: BalancerRing, second: number, covered: number, interval: DemandInterval, demand: number): void {
  const slot = slotOf(second);
  const cell = slot * COLUMNS;
  if (ring.seconds[slot] !== second) {
    if (ring.seconds[slot]! > second) return;
    ring.seconds[slot] = second;
    ring.cells.fill(0, cell, cell + COLUMNS);
  }
  ring.cells[cell + COLUMN.coverage]! += covered;
  ring.cells[cell + COLUMN.inFlight]! += covered * demand;
  // A report is a mean over its whole interval, of which only a part may lie in this second: it speaks of the interval's middle.
  ring.cells[cell + COLUMN.time]! += covered * ((interval.from + interval.to) / 2000 - second);
  ring.cells[cell + COLUMN.arrivals]! += covered * interval.arrivalsPerSecond;
  ring.cells[cell + COLUMN.completions]! += covered * interval.completionsPerSecond;
  ring.cells[cell + COLUMN.errors]! += covered * interval.errorsPerSecond;
  ring.cells[cell + COLUMN.ended]! += covered * interval.endedPerSecond;
  ring.cells[cell + COLUMN.throttled]! += (covered * interval.throttled) / ((interval.to - interval.from) / 1000);
  if (interval.saturated) ring.cells[cell + COLUMN.saturated] = 1;
}
