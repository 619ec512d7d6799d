/** The platform's metrics in Prometheus' form; names carry their unit. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from '../../app/ports/metrics.ts';

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
  brokerConnected(): boolean;
  /** Log lines that could not be kept, since the start. */
  readonly droppedLogLines?: () => number;
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
    decision: (outcome, reason) => decisions.inc({ outcome, reason }),
    apiRefused: (reason) => apiRefusals.inc({ reason }),
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
      const { droppedLogLines } = sources;
      if (droppedLogLines !== undefined) {
        dropped(registers, droppedLogLines);
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
