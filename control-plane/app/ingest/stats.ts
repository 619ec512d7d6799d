/** Samples of an instance into the windows of its service cluster. */
import type { StatsReport } from '../../../schema/mqtt/stats.ts';
import type { Meter } from '../metering/meter.ts';
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
  if (report.clockMilliseconds !== undefined)
    instance.clockSkewSeconds = (report.clockMilliseconds - receivedAt) / 1000;
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
  const last = report.sequence.length - 1;
  instance.lastSample = {
    at: receivedAt - report.ageMilliseconds[last]!,
    gauges: Object.fromEntries(gauges.map(([name, column]) => [name, column[last]!])),
  };
}
