/**
 * What a service cluster has asked for lately: per factor one total a second, over all instances.
 *
 * Gauges come from agents (one value an instance), demand comes from load balancers. Time is an argument everywhere: `at` is
 * when something was true, `now` the control plane's clock, both in milliseconds since the epoch. O(1) a sample; about 1 KB
 * an instance and gauge, 7 KB a balancer.
 */
import type { WindowSecond } from '../autoscaling/decision.ts';
import type { DemandInterval } from './demand-delta.ts';
import { DemandSeries, type DemandFactor } from './demand-series.ts';
import { GaugeSeries, type InstanceRing } from './gauge-series.ts';
import { Members } from './members.ts';
import { RING_SECONDS, secondOf } from './ring.ts';

const MAX_GAUGES = 32;
/** How long a value stands for its instance without a new one, unless the report interval is longer. */
const DEFAULT_HOLD_SECONDS = 3;
const OUTCOME_SECONDS = 5;
/** What comes and what is answered are compared as means over so many seconds. */
export const FLOW_SECONDS = 10;
/** A value that stands for another time than its second's middle says so from here on. */
const NOTABLE_SHIFT_SECONDS = 0.05;
const QUEUE_MAX_AGE_MILLISECONDS = 5000;

/** Why samples were not used, counted since the windows were made. */
export interface WindowsDropped {
  /** Older than the ring, or later than the clock. */
  outOfWindow: number;
  /** From an instance that is not active, still warming up, or unknown. */
  notCounting: number;
  /** More gauges than one service cluster may have. */
  tooManyGauges: number;
}

/** One gauge of some samples, and where it goes; nowhere: there are too many. */
interface Column {
  readonly values: readonly number[];
  readonly series: GaugeSeries | undefined;
  readonly ring: InstanceRing | undefined;
}

/** One factor's window, read in both directions. */
export interface FactorWindow {
  /** For growing: an instance that is silent counts as the others' mean. */
  readonly window: readonly WindowSecond[];
  /** For shrinking: a silent instance counts at its target. Absent when nobody was silent: it would be the same. */
  readonly shrinkWindow?: readonly WindowSecond[];
}

export class ClusterWindows {
  readonly dropped: WindowsDropped = { outOfWindow: 0, notCounting: 0, tooManyGauges: 0 };
  readonly #members = new Members();
  readonly #gauges = new Map<string, GaugeSeries>();
  #demand = new DemandSeries();
  #hold: number;
  #head = Number.NEGATIVE_INFINITY;
  #firstAt: number | undefined;
  #newestAt: number | undefined;

  constructor(options: { readonly holdSeconds?: number } = {}) {
    this.#hold = options.holdSeconds ?? DEFAULT_HOLD_SECONDS;
  }

  /** Agents that have nothing to tell report this seldom: until then, no news means no change. */
  setReportInterval(seconds: number): void {
    this.#hold = Math.max(DEFAULT_HOLD_SECONDS, Math.min(RING_SECONDS - 1, Math.ceil(seconds) + 1));
  }

  /**
   * Tells what an instance is since `at`. Only an active instance counts, from the end of its warm-up on (start-up work is no
   * load); any other state counts no more. Saying the same again changes nothing.
   */
  setInstanceState(instance: string, state: string, at: number, warmUpUntil: number = at): void {
    if (state === 'active') {
      this.#members.enter(instance, Math.ceil(Math.max(at, warmUpUntil) / 1000));
      return;
    }
    this.#leave(instance, at);
  }

  /** Forgets an instance or a load balancer that is gone. The demand that it carried before `at` was real and stays. */
  remove(id: string, at: number): void {
    this.#leave(id, at);
    this.#members.forget(id);
    for (const gauge of this.#gauges.values()) gauge.forget(id);
    this.#demand.remove(id);
  }

  /** A gauge of an instance (e.g. `loadAverage`, `memory`) as it was at `at`. Returns whether it was used. */
  observeGauge(instance: string, factor: string, at: number, value: number, now: number): boolean {
    return this.observeGauges(instance, [at], { [factor]: [value] }, now) === 1;
  }

  /**
   * Samples of an instance: when each was, and by gauge its values, in the same order. Returns how many values were used; those that are no
   * number of at least 0 are not.
   */
  observeGauges(
    instance: string,
    times: readonly number[],
    gauges: Readonly<Record<string, readonly number[]>>,
    now: number,
  ): number {
    this.#followClock(now);
    const names = Object.keys(gauges);
    let columns: readonly Column[] | undefined;
    let used = 0;
    for (let index = 0; index < times.length; index += 1) {
      const at = times[index]!;
      const second = secondOf(at);
      if (!this.#accepts(at, now)) this.dropped.outOfWindow += names.length;
      else if (!this.#members.counts(instance, second)) this.dropped.notCounting += names.length;
      else {
        columns ??= names.map((name) => this.#column(name, instance, gauges[name]!));
        this.#open(second);
        for (const column of columns) if (this.#observe(column, second, column.values[index]!)) used += 1;
        this.#heard(at);
      }
    }
    return used;
  }

  #column(name: string, instance: string, values: readonly number[]): Column {
    const series = this.#gauge(name);
    return { values, series, ring: series?.ringOf(instance) };
  }

  #observe({ series, ring }: Column, second: number, value: number): boolean {
    if (!(value >= 0) || value > Number.MAX_SAFE_INTEGER) this.dropped.outOfWindow += 1;
    else if (series === undefined || ring === undefined) this.dropped.tooManyGauges += 1;
    else {
      series.observe(ring, second, value, this.#head, this.#hold);
      return true;
    }
    return false;
  }

  /** What one load balancer saw in an interval. Returns whether it was used. */
  observeDemand(balancer: string, interval: DemandInterval, now: number): boolean {
    this.#followClock(now);
    if (!this.#accepts(interval.to, now) || !(interval.to > interval.from)) {
      this.dropped.outOfWindow += 1;
      return false;
    }
    this.#demand.observe(balancer, interval, now);
    this.#heard(interval.to);
    return true;
  }

  /**
   * The last `windowSeconds` seconds of a factor, oldest first; the second that is not over yet is the last one as soon as
   * something is known of it. `target` is the factor's, for instances that are silent. Seconds without data are absent.
   */
  read(factor: string, now: number, windowSeconds: number, target: number): FactorWindow {
    const first = secondOf(now) - windowSeconds + 1;
    return factor === 'requestsInFlight' || factor === 'requestsPerSecond'
      ? this.#readDemand(factor, first, now)
      : this.#readGauge(factor, first, now, target);
  }

  /** Age of the newest sample of any factor, in seconds; null when there never was one. */
  freshnessSeconds(now: number): number | null {
    return this.#newestAt === undefined ? null : Math.max(0, (now - this.#newestAt) / 1000);
  }

  /** Whether the first sample was that long ago, so that a whole window could have been seen. */
  isFull(now: number, windowSeconds: number): boolean {
    return this.#firstAt !== undefined && now - this.#firstAt >= windowSeconds * 1000;
  }

  /** Requests queued at load balancers now. */
  queued(now: number): number {
    return this.#demand.queued(now, QUEUE_MAX_AGE_MILLISECONDS);
  }

  /** Seconds since load balancers last saw a request, or since the first report when none did; null before any report. */
  idleSeconds(now: number): number | null {
    const since = this.#demand.idleSince;
    return since === undefined ? null : Math.max(0, (now - since) / 1000);
  }

  /** Completions per second over the last seconds; null when no balancer reports. */
  throughput(now: number): number | null {
    return this.#demand.outcome(now, OUTCOME_SECONDS)?.completions ?? null;
  }

  /** Requests per second that came, and that were answered without an error; `undefined` when no balancer reports. */
  flow(now: number): { readonly arrivals: number; readonly answered: number } | undefined {
    const outcome = this.#demand.outcome(now, FLOW_SECONDS);
    return outcome && { arrivals: outcome.arrivals, answered: Math.max(0, outcome.ended - outcome.errors) };
  }

  /** Requests per second that limits refused over the last seconds; null when no balancer reports. */
  throttled(now: number): number | null {
    return this.#demand.outcome(now, OUTCOME_SECONDS)?.throttled ?? null;
  }

  /** Share of requests that failed or were shed over the last seconds, 0–1; null when no balancer reports. */
  errorShare(now: number): number | null {
    const outcome = this.#demand.outcome(now, OUTCOME_SECONDS);
    if (outcome === undefined) return null;
    return outcome.ended > 0 ? Math.min(1, outcome.errors / outcome.ended) : 0;
  }

  /** Time that a request takes when nothing waits; null before any was completed. */
  get serviceSeconds(): number | null {
    return this.#demand.serviceSeconds ?? null;
  }

  /** Newest value of one instance's gauge, with the second that it belongs to. */
  latest(instance: string, factor: string): { readonly second: number; readonly value: number } | undefined {
    return this.#gauges.get(factor)?.latest(instance);
  }

  #readDemand(factor: DemandFactor, first: number, now: number): FactorWindow {
    const window: WindowSecond[] = [];
    const held: number[] = [];
    let silence = false;
    this.#demand.visit(factor, first, now, this.#hold, (seen) => {
      const { second, total, at, saturated } = seen;
      const value: { -readonly [K in keyof WindowSecond]: WindowSecond[K] } = { second, total };
      if (Math.abs(at - second - 0.5) > NOTABLE_SHIFT_SECONDS) value.at = at;
      if (saturated) value.saturated = true;
      window.push(value);
      held.push(seen.held);
      silence ||= seen.silent > 0;
    });
    if (!silence) return { window };
    return { window, shrinkWindow: window.map((value, index) => ({ ...value, total: value.total + held[index]! })) };
  }

  #readGauge(factor: string, first: number, now: number, target: number): FactorWindow {
    const series = this.#gauges.get(factor);
    if (series === undefined) return { window: [] };
    const window: WindowSecond[] = [];
    let shrinkWindow: WindowSecond[] | undefined;
    const newcomers = this.#members.newcomers(secondOf(now));
    const excess = newcomers && series.excessOf(newcomers);
    const last = Math.min(secondOf(now), this.#head, series.newest + this.#hold);
    for (let second = Math.max(first, this.#head - RING_SECONDS + 1); second <= last; second += 1) {
      const reporters = series.reporters(second);
      if (reporters <= 0) continue;
      const sum = series.sum(second) - (excess?.(second) ?? 0);
      const instances = Math.max(reporters, this.#members.count(second));
      const silent = instances - reporters;
      if (silent > 0) shrinkWindow ??= window.slice();
      shrinkWindow?.push({ second, total: sum + silent * target, instances });
      window.push({ second, total: silent > 0 ? (sum * instances) / reporters : sum, instances });
    }
    return shrinkWindow === undefined ? { window } : { window, shrinkWindow };
  }

  #gauge(factor: string): GaugeSeries | undefined {
    let series = this.#gauges.get(factor);
    if (series === undefined && this.#gauges.size < MAX_GAUGES) {
      series = new GaugeSeries(this.#members);
      this.#gauges.set(factor, series);
    }
    return series;
  }

  #leave(instance: string, at: number): void {
    const second = secondOf(at);
    this.#members.leave(instance, second);
    for (const gauge of this.#gauges.values()) gauge.cut(instance, second, this.#head);
  }

  #accepts(at: number, now: number): boolean {
    const second = secondOf(at);
    return (
      Number.isFinite(at) &&
      second > secondOf(now) - RING_SECONDS &&
      at <= now + 1000 &&
      second > this.#head - RING_SECONDS
    );
  }

  /** The clock was set back by more than the ring holds: what is known lies in the future, so begin again. */
  #followClock(now: number): void {
    const second = secondOf(now);
    const newest = Math.max(this.#head, secondOf(this.#newestAt ?? now));
    if (second >= newest - RING_SECONDS) return;
    this.#members.rewind(second);
    this.#gauges.clear();
    this.#demand = new DemandSeries();
    this.#head = Number.NEGATIVE_INFINITY;
    this.#firstAt = undefined;
    this.#newestAt = undefined;
  }

  #heard(at: number): void {
    if (this.#newestAt === undefined || at > this.#newestAt) this.#newestAt = at;
    if (this.#firstAt === undefined || at < this.#firstAt) this.#firstAt = at;
  }

  /** Opens every second up to this one; after a gap longer than the ring only those that it holds. */
  #open(second: number): void {
    for (let next = Math.max(this.#head + 1, second - RING_SECONDS + 1); next <= second; next += 1) {
      this.#members.open(next);
      this.#head = next;
      for (const gauge of this.#gauges.values()) gauge.open(next, this.#hold);
    }
  }
}
