/** Decides when samples are sent: at once when they move, otherwise several in one message of columns. */
import { GAUGE, MAX_SAMPLES_PER_MESSAGE, type StatsReport } from '../../schema/mqtt/stats.ts';
import type { Sample } from '../telemetry/sample.ts';

/** Samples wait at most this long for others to join them, however long the report interval is. */
const MAX_WAIT_MILLISECONDS = 5000;
/** Samples older than this are not sent after a reconnect: no decision would count them, and the counters are cumulative. */
const STALE_MILLISECONDS = 5000;

/** Change of a gauge, against what was last sent, that is news: in the gauge's own unit. */
const NEWS: Readonly<Record<string, number>> = { [GAUGE.loadAverage]: 5, [GAUGE.memory]: 2 };
/** Follow others, so that they are no news of their own. */
const QUIET = new Set<string>([GAUGE.memoryBytes, 'cpuPressure', 'memoryPressure']);

function isNews(last: Sample | undefined, sample: Sample): boolean {
  if (!last) return true;
  return Object.entries(sample.gauges).some(([name, value]) => {
    if (QUIET.has(name)) return false;
    const before = last.gauges[name] ?? 0;
    return Math.abs(value - before) > (NEWS[name] ?? 0.1 * Math.max(before, 1));
  });
}

export class StatsBatch {
  #pending: Sample[] = [];
  #lastSent: Sample | undefined;
  #waitMilliseconds = MAX_WAIT_MILLISECONDS;
  #dropped = 0;

  /** Samples that were too old to be sent, in this session. */
  get dropped(): number {
    return this.#dropped;
  }

  setReportInterval(seconds: number): void {
    this.#waitMilliseconds = Math.min(MAX_WAIT_MILLISECONDS, seconds * 1000);
  }

  /** Takes a sample; returns those that are to be sent now, oldest first, or none. */
  offer(sample: Sample, connected: boolean): readonly Sample[] {
    this.#pending.push(sample);
    const fresh = this.#pending
      .filter(({ at }) => sample.at - at <= STALE_MILLISECONDS)
      .slice(-MAX_SAMPLES_PER_MESSAGE);
    this.#dropped += this.#pending.length - fresh.length;
    this.#pending = fresh;
    // One period is taken off: waiting for the sample after the interval's end would make every message late.
    const isDue = sample.at - fresh[0]!.at >= this.#waitMilliseconds - 1000;
    if (!connected || !(isDue || isNews(this.#lastSent, sample))) return [];
    this.#pending = [];
    this.#lastSent = sample;
    return fresh;
  }
}

/** What one message says besides its samples. */
export interface StatsMoment {
  /** On the clock of the samples. */
  readonly now: number;
  /** The time of day, in milliseconds since the epoch, where it is to be said. */
  readonly clock?: number | undefined;
}

/** One message of samples that all have the gauges and counters of the last. */
export function columnsOf(session: string, samples: readonly Sample[], { now, clock }: StatsMoment): StatsReport {
  const last = samples[samples.length - 1]!;
  const columns = (kind: 'gauges' | 'counters') =>
    Object.fromEntries(
      Object.keys(last[kind]).map((name) => [name, samples.map((sample) => sample[kind][name] ?? last[kind][name]!)]),
    );
  return {
    v: 1,
    session,
    sequence: samples.map(({ sequence }) => sequence),
    ageMilliseconds: samples.map(({ at }) => Math.max(0, Math.round(now - at))),
    ...(clock === undefined ? {} : { clockMilliseconds: clock }),
    gauges: columns('gauges'),
    counters: columns('counters'),
  };
}
