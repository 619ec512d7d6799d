/** Samples of an instance into the windows of its service cluster. */
import type { StatsReport } from '../../../schema/mqtt/stats.ts';
import type { Meter } from '../metering/meter.ts';
import type { LastSample } from '../fleet/instance-state.ts';
import { clockSkew, heardClock } from './clock-skew.ts';
import type { Source } from './ingest.ts';

/** Samples older than this say nothing about now; they are counted and dropped. */
const OLDEST_MILLISECONDS = 120_000;

export interface StatsContext {
  readonly stale: (samples: number) => void;
  /** Reads the meters: counters are cumulative, so a report that is old or comes twice does no harm. */
  readonly meter: Pick<Meter, 'stats'>;
}

/**
 * Time is receipt minus the sample's age on the agent's own monotonic clock; no decision depends on the agent's idea of the
 * hour. Samples of another session than the present one, or seen before, are dropped.
 */
export function onStats(source: Source, report: StatsReport, context: StatsContext): void {
  const { instance, cluster, receivedAt } = source;
  instance.lastHeardAt = receivedAt;
  // Before the birth is in: the samples belong to a session that is not known yet.
  if (instance.session !== report.session) {
    context.stale(report.sequence.length);
    return;
  }
  context.meter.stats(cluster, instance, report, receivedAt);
  const { sequence, ageMilliseconds } = report;
  const isFresh = (index: number): boolean =>
    sequence[index]! > instance.statsSequence && ageMilliseconds[index]! <= OLDEST_MILLISECONDS;
  const fresh = sequence.map((_, index) => index).filter(isFresh);
  const stale = sequence.length - fresh.length;
  if (stale > 0) context.stale(stale);
  if (fresh.length > 0) {
    instance.statsSequence = sequence[fresh.at(-1)!]!;
    const times = fresh.map((index) => receivedAt - ageMilliseconds[index]!);
    // Nearly always it is all of them.
    const gauges = stale === 0 ? report.gauges : picked(report.gauges, fresh);
    cluster.windows.observeGauges(instance.record.uid, times, gauges, receivedAt);
  }
  instance.lastSample = lastOf(report, receivedAt, instance.lastSample);
}

function picked(columns: StatsReport['gauges'], indices: readonly number[]): StatsReport['gauges'] {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, indices.map((index) => column[index]!)]),
  );
}

function lastOf(report: StatsReport, receivedAt: number, before: LastSample | null): LastSample {
  const { session, clock, ageMilliseconds, gauges, counters } = report;
  const last = ageMilliseconds.length - 1;
  const at = receivedAt - ageMilliseconds[last]!;
  const known = before?.session === session ? before : null;
  const grown = known !== null && known.at < at;
  // Against the message before, or else within this one.
  const since = grown ? known.at : receivedAt - ageMilliseconds[0]!;
  const base = grown ? known.counters : rowOf(counters, 0);
  const heardBefore = known?.clockHeard ?? [];
  const clockHeard = clock === undefined ? heardBefore : heardClock(heardBefore, (clock - receivedAt) / 1000);
  const row = rowOf(counters, last);
  return {
    ...{ session, at, gauges: rowOf(gauges, last), counters: row },
    rates: ratesOf(row, base, (at - since) / 1000),
    clockSkewSeconds: clockSkew(clockHeard),
    clockHeard,
  };
}

type Row = Readonly<Record<string, number>>;

function rowOf(columns: StatsReport['gauges'], index: number): Row {
  const row: Record<string, number> = {};
  for (const name in columns) row[name] = columns[name]![index]!;
  return row;
}

/** What each grew by a second; without those of which that is not known. */
function ratesOf(counters: Row, base: Row, seconds: number): Row {
  const rates: Record<string, number> = {};
  if (!(seconds > 0)) return rates;
  for (const name in counters) {
    const grown = counters[name]! - (base[name] ?? Infinity);
    if (grown >= 0) rates[name] = grown / seconds;
  }
  return rates;
}
