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
  const gauges = Object.entries(report.gauges);
  let stale = 0;
  for (const [index, sequence] of report.sequence.entries()) {
    const age = report.ageMilliseconds[index]!;
    if (sequence <= instance.statsSequence || age > OLDEST_MILLISECONDS) {
      stale += 1;
      continue;
    }
    const at = receivedAt - age;
    instance.statsSequence = sequence;
    for (const [name, column] of gauges)
      cluster.windows.observeGauge(instance.record.uid, name, at, column[index]!, receivedAt);
  }
  if (stale > 0) context.stale(stale);
  instance.lastSample = lastOf(report, receivedAt, instance.lastSample);
}

function lastOf(report: StatsReport, receivedAt: number, before: LastSample | null): LastSample {
  const { session, clock } = report;
  const last = sampleOf(report, report.sequence.length - 1, receivedAt);
  const base = before?.session === session && before.at < last.at ? before : sampleOf(report, 0, receivedAt);
  const seconds = (last.at - base.at) / 1000;
  const rates = Object.entries(last.counters).flatMap(([name, value]) => {
    const grown = value - (base.counters[name] ?? Infinity);
    return seconds > 0 && grown >= 0 ? [[name, grown / seconds] as const] : [];
  });
  const heardBefore = before?.session === session ? before.clockHeard : [];
  const clockHeard = clock === undefined ? heardBefore : heardClock(heardBefore, (clock - receivedAt) / 1000);
  return {
    session,
    ...last,
    rates: Object.fromEntries(rates),
    clockSkewSeconds: clockSkew(clockHeard),
    clockHeard,
  };
}

function sampleOf({ ageMilliseconds, gauges, counters }: StatsReport, index: number, receivedAt: number) {
  const pick = (columns: StatsReport['gauges']) =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[index]!]));
  return { at: receivedAt - ageMilliseconds[index]!, gauges: pick(gauges), counters: pick(counters) };
}
