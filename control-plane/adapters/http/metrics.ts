/** The platform's metrics in Prometheus' form; names carry their unit. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DiskSpace } from '../../app/ports/disk.ts';
import type { Metrics } from '../../app/ports/metrics.ts';
import { hostClusterGauges, type WatchedHostCluster } from './host-cluster-metrics.ts';

const PREFIX = 'cartwright_';
const RECONCILE_BUCKETS_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];
const HTTP_BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
const BUILD_BUCKETS_SECONDS = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600];

/** Values that are asked for when somebody reads the metrics. */
interface MetricSources {
  /** Instances that exist, by lifecycle state. */
  instancesByState(): ReadonlyMap<string, number>;
  /** Writes that wait for the database. */
  storeQueueLength(): number;
  storeWritable(): boolean;
  brokerConnected(): boolean;
  /** Log lines that could not be kept, since the start. */
  readonly droppedLogLines?: () => number;
  /** The disk of the data folder; null while it is not known. */
  readonly disk?: () => DiskSpace | null;
  readonly hostClusters?: () => readonly WatchedHostCluster[];
}

export interface PrometheusMetrics extends Metrics {
  readonly contentType: string;
  /** One answered HTTP request. `route` is a pattern of ours, never what the client sent. */
  httpRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  /** One thing that the embedded broker refused a client: a login, a topic, a packet. */
  brokerRefusal(reason: string): void;
  /** The text of an exposition. */
  read(): Promise<string>;
  setSources(sources: MetricSources): void;
}

export function createMetrics(): PrometheusMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  const registers = [registry];
  const messages = new Counter({
    name: `${PREFIX}ingest_messages_total`,
    help: 'MQTT messages received, by leaf and result.',
    labelNames: ['leaf', 'result'],
    registers,
  });
  const refusals = new Counter({
    name: `${PREFIX}broker_refusals_total`,
    help: 'What the embedded broker refused its clients (logins, topics, packets), by reason.',
    labelNames: ['reason'],
    registers,
  });
  const stale = new Counter({
    name: `${PREFIX}ingest_stale_samples_total`,
    help: 'Samples dropped because of their age or session.',
    registers,
  });
  const throttled = new Counter({
    name: `${PREFIX}throttled_requests_total`,
    help: 'Requests that load balancers refused with 429 because of a limit, by service cluster.',
    labelNames: ['tenant', 'application', 'alias'],
    registers,
  });
  const affinityBroken = new Counter({
    name: `${PREFIX}affinity_broken_total`,
    help: 'Requests of clients whose instance had gone, which another one answered, by service cluster.',
    labelNames: ['tenant', 'application', 'alias'],
    registers,
  });
  const ejections = new Counter({
    name: `${PREFIX}ejections_total`,
    help: 'Times that load balancers took an instance out for a while, by service cluster.',
    labelNames: ['tenant', 'application', 'alias'],
    registers,
  });
  const decisions = new Counter({
    name: `${PREFIX}decisions_total`,
    help: 'Evaluations of the autoscaler, by outcome and reason code.',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  const apiRefusals = new Counter({
    name: `${PREFIX}api_refusals_total`,
    help: 'What the API refused to look at (rates, limits, origins), by reason.',
    labelNames: ['reason'],
    registers,
  });
  const webhookDeliveries = new Counter({
    name: `${PREFIX}webhook_deliveries_total`,
    help: 'Deliveries of Git hosts, by how they were signed and what became of them.',
    labelNames: ['form', 'result'],
    registers,
  });
  const notices = new Counter({
    name: `${PREFIX}notice_deliveries_total`,
    help: 'Tries to tell receivers of events, by what became of them.',
    labelNames: ['result'],
    registers,
  });
  const collected = new Counter({
    name: `${PREFIX}collected_total`,
    help: 'Records and things on the disk that nothing needed any more and that were removed, by kind.',
    labelNames: ['kind'],
    registers,
  });
  const collectedBytes = new Counter({
    name: `${PREFIX}collected_bytes_total`,
    help: 'Bytes on the disk that were freed by removing what nothing needed any more, by kind.',
    labelNames: ['kind'],
    registers,
  });
  const archives = new Gauge({
    name: `${PREFIX}archives`,
    help: 'Artifacts and uploaded trees on the disk, as of the last collection.',
    registers,
  });
  const archiveBytes = new Gauge({
    name: `${PREFIX}archive_bytes`,
    help: 'Bytes of artifacts and uploaded trees on the disk, as of the last collection.',
    registers,
  });
  const reconcile = new Histogram({
    name: `${PREFIX}reconcile_duration_seconds`,
    help: 'Duration of one pass over a service cluster.',
    buckets: RECONCILE_BUCKETS_SECONDS,
    registers,
  });
  const builds = new Histogram({
    name: `${PREFIX}build_duration_seconds`,
    help: 'Duration of builds, by result.',
    labelNames: ['result'],
    buckets: BUILD_BUCKETS_SECONDS,
    registers,
  });
  const http = new Histogram({
    name: `${PREFIX}http_request_duration_seconds`,
    help: 'Duration of HTTP requests to the control plane, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: HTTP_BUCKETS_SECONDS,
    registers,
  });
  return {
    contentType: registry.contentType,
    message: (leaf, result) => messages.inc({ leaf, result }),
    brokerRefusal: (reason) => refusals.inc({ reason }),
    staleSamples: (count) => stale.inc(count),
    throttled: ({ tenant, application, alias }, requests) => throttled.inc({ tenant, application, alias }, requests),
    affinityBroken: ({ tenant, application, alias }, requests) =>
      affinityBroken.inc({ tenant, application, alias }, requests),
    ejected: ({ tenant, application, alias }, times) => ejections.inc({ tenant, application, alias }, times),
    decision: (outcome, reason) => decisions.inc({ outcome, reason }),
    apiRefused: (reason) => apiRefusals.inc({ reason }),
    noticeSent: (result) => notices.inc({ result }),
    webhookDelivery: (form, result) => webhookDeliveries.inc({ form, result }),
    collected(kind, count, bytes) {
      collected.inc({ kind }, count);
      if (bytes > 0) collectedBytes.inc({ kind }, bytes);
    },
    archives(count, bytes) {
      archives.set(count);
      archiveBytes.set(bytes);
    },
    reconciled: (seconds) => reconcile.observe(seconds),
    buildDone: (result, seconds) => builds.observe({ result }, seconds),
    httpRequest: ({ method, route, status, seconds }) => http.observe({ method, route, status }, seconds),
    read: () => registry.metrics(),
    setSources(sources) {
      new Gauge({
        name: `${PREFIX}instances`,
        help: 'Instances that exist, by lifecycle state.',
        labelNames: ['state'],
        registers,
        collect() {
          this.reset();
          for (const [state, count] of sources.instancesByState()) this.set({ state }, count);
        },
      });
      gauge(registers, 'store_queue_length', 'Writes that wait for the database.', () => sources.storeQueueLength());
      gauge(registers, 'store_writable', '1 while the database takes what is written to it.', () =>
        sources.storeWritable() ? 1 : 0,
      );
      const { droppedLogLines } = sources;
      if (droppedLogLines !== undefined) {
        dropped(registers, droppedLogLines);
      }
      if (sources.hostClusters !== undefined) hostClusterGauges(registers, PREFIX, sources.hostClusters);
      const { disk } = sources;
      if (disk !== undefined) {
        gauge(registers, 'disk_free_bytes', 'Free on the disk of the data folder.', () => disk()?.freeBytes ?? NaN);
        gauge(registers, 'disk_size_bytes', 'Size of the disk of the data folder.', () => disk()?.totalBytes ?? NaN);
      }
      gauge(registers, 'broker_connected', '1 while the broker is reached.', () => (sources.brokerConnected() ? 1 : 0));
    },
  };
}

function gauge(registers: Registry[], name: string, help: string, read: () => number): void {
  new Gauge({
    name: `${PREFIX}${name}`,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}

/** A count that somebody else keeps. */
function dropped(registers: Registry[], read: () => number): void {
  new Counter({
    name: `${PREFIX}log_lines_dropped_total`,
    help: 'Log lines of applications that could not be kept.',
    registers,
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
