/** What takes the agents' reports in, and keeps what follows from them: usage, history, logs and their drains. */
import type { ClusterKey } from '../../../schema/mqtt/topics.ts';
import { Drains } from '../drains/drains.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { HistoryRecorder } from '../history/recorder.ts';
import { onAck } from '../ingest/ack.ts';
import { onArtifact } from '../ingest/artifact.ts';
import { onDemand } from '../ingest/demand.ts';
import { Ingest } from '../ingest/ingest.ts';
import { LogIngest } from '../ingest/log.ts';
import { onStats } from '../ingest/stats.ts';
import { onStatus } from '../ingest/status.ts';
import { Meter } from '../metering/meter.ts';
import { clearingStrays } from '../publish/strays.ts';
import type { Acting } from './acting.ts';
import type { Ground } from './ground.ts';
import type { CoreOptions } from './options.ts';

const MEASURED_STARTS = 20;

export type Taking = ReturnType<typeof createTaking>;

export function createTaking(
  options: CoreOptions,
  ground: Ground,
  { markDirty, silence }: Pick<Acting, 'markDirty' | 'silence'>,
) {
  const { store, messaging, metrics, logger, clock, logs, isBrokerOutside } = options;
  const { fleet, journal, instances, historyStore } = ground;
  const meter = new Meter({ fleet, store, logger, clock });
  const history = new HistoryRecorder({ fleet, store: historyStore, logger, clock });
  const context = {
    fleet,
    journal,
    markDirty,
    silence,
    meter,
    stale: (count: number) => metrics.staleSamples(count),
    throttled: (cluster: ClusterKey, requests: number) => metrics.throttled(cluster, requests),
    affinityBroken: (cluster: ClusterKey, requests: number) => metrics.affinityBroken(cluster, requests),
    ejected: (cluster: ClusterKey, times: number) => metrics.ejected(cluster, times),
  };
  const started = (cluster: ClusterState, seconds: number): void => {
    cluster.startBackoff = null;
    cluster.record = {
      ...cluster.record,
      startSeconds: [...cluster.record.startSeconds, seconds].slice(-MEASURED_STARTS),
    };
    // The next change of the record stores it; a start that is forgotten costs one measurement.
    logger.info({ cluster: cluster.keyText, seconds }, 'an instance became active');
  };
  const drains = new Drains({ fleet, logs, ...options.drains, clock, random: options.random, logger });
  const logIngest = new LogIngest({ logs, tenantBytesPerSecond: options.tenantLogBytesPerSecond, isBrokerOutside });
  const ingest = new Ingest({
    fleet,
    count: (leaf, result) => metrics.message(leaf, result),
    clear: clearingStrays({ messaging, logger, assertHolder: () => instances.assertHolder() }),
    logger,
    handlers: {
      status: (source, { value }) => onStatus(source, value, { ...context, started }),
      stats: (source, { value }) => onStats(source, value, context),
      demand: (source, { value }) => onDemand(source, value, context),
      artifact: (source, { value }) => onArtifact(source, value, context),
      log: (source, { value }) => logIngest.take(source, value),
      ack: (source, { value }) => onAck(source, value, context),
    },
  });
  return { meter, history, drains, logIngest, ingest };
}
