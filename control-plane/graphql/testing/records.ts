/** One complete record of each noun, for tests. */
import { applicationManifest } from '../../../schema/manifests/application.ts';
import { cartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import { API_VERSION } from '../../../schema/manifests/envelope.ts';
import type { Credential } from '../../app/credentials/use-cases.ts';
import type { ConfigurationChange, SecretVersion } from '../../app/configuration/use-cases.ts';
import { DEFAULT_QUOTA } from '../../app/tenants/quota.ts';
import type { ClusterLive, InstanceLive } from '../../app/use-cases.ts';
import type { DrainStatus } from '../../app/drains/drain-runner.ts';
import type { LogPage } from '../../app/ports/logs.ts';
import type { History } from '../../app/history/read.ts';
import type {
  ApplicationRecord,
  BuildRecord,
  CartridgeRecord,
  ClusterRecord,
  DecisionRecord,
  EventRecord,
  InstanceRecord,
  PolicyRecord,
  ReleaseRecord,
  RolloutRecord,
  SourceRecord,
  TenantRecord,
  TokenRecord,
  UsageRecord,
} from '../../app/records.ts';
import type { Variable } from '../../domain/releases/environment.ts';
import type { Decision, Forecast } from '../../domain/autoscaling/decision.ts';
import type { LogEntry, LogGap, LogLine } from '../../domain/logs/entry.ts';
import { NO_USAGE } from '../../domain/metering/usage.ts';
import type { Lifecycle } from '../../domain/topology/lifecycle.ts';

export const AT = Date.parse('2026-03-01T12:00:00.250Z');
export const AT_TEXT = '2026-03-01T12:00:00.250Z';
const DIGEST = `sha256-${'ab'.repeat(32)}`;

/** A uid of the noun; `number` keeps the order of creation. */
function uid(noun: string, number: number): string {
  return `01${noun}${String(number).padStart(8, '0')}`;
}

export const tenant: TenantRecord = {
  uid: uid('tenant', 1),
  name: 'acme',
  createdAt: AT,
  quota: DEFAULT_QUOTA,
  deletingSince: null,
};

/** What `createToken` answers in the clear. */
export const BEARER = `cw_${'x'.repeat(43)}`;

export const token: TokenRecord = {
  uid: uid('token', 1),
  name: 'ci',
  hash: 'c0ffee'.repeat(10),
  tenant: 'acme',
  role: 'deployer',
  application: null,
  createdAt: AT,
  expiresAt: null,
  revokedAt: AT,
};

export const cartridge: CartridgeRecord = {
  uid: uid('cartridge', 1),
  name: 'nodejs',
  generation: 1,
  directory: '/secret/place/nodejs',
  manifest: cartridgeManifest.parse({
    apiVersion: API_VERSION,
    kind: 'Cartridge',
    metadata: { name: 'nodejs' },
    spec: { version: '24', description: 'Node.js', category: 'load-balancer', runtimes: ['process', 'container'] },
  }),
};

export const policy: PolicyRecord = {
  uid: uid('policy', 1),
  tenant: 'acme',
  name: 'calm',
  kind: 'AutoscalingPolicy',
  generation: 3,
  updatedAt: AT,
  manifest: { apiVersion: API_VERSION, kind: 'AutoscalingPolicy', metadata: { name: 'calm' }, spec: { minimum: 2 } },
};

export function application(number: number): ApplicationRecord {
  const name = `shop-${number}`;
  return {
    uid: uid('app', number),
    tenant: 'acme',
    name,
    generation: 1,
    createdAt: AT,
    updatedAt: AT,
    deletingSince: null,
    manifest: applicationManifest.parse({
      apiVersion: API_VERSION,
      kind: 'Application',
      metadata: { name },
      spec: { components: [{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs' }] },
    }),
  };
}

export function cluster(number: number): ClusterRecord {
  return {
    uid: uid('cluster', number),
    tenant: 'acme',
    application: `shop-${number}`,
    applicationUid: uid('app', number),
    alias: 'web',
    cartridge: 'nodejs',
    generation: 5,
    createdAt: AT,
    deletingSince: null,
    wanted: 3,
    epoch: 1,
    desiredGeneration: 2,
    topologyGeneration: 3,
    stableRelease: uid('release', 1),
    candidateRelease: uid('release', 2),
    publicPort: 8080,
    override: { kind: 'floor', instances: 2, reason: 'sale', by: 'ci', createdAt: AT, expiresAt: AT + 3_600_000 },
    paused: { reason: 'incident', by: 'ci', since: AT },
    shadow: false,
    startSeconds: [1.5, 2],
  };
}

export function instance(number: number): InstanceRecord {
  return {
    uid: uid('instance', number),
    tenant: 'acme',
    application: 'shop-1',
    alias: 'web',
    cluster: uid('cluster', 1),
    state: number === 1 ? 'ready-to-shutdown' : 'active',
    unreachable: false,
    reason: { code: 'drained', message: 'drained by a decision' },
    createdAt: AT,
    activeAt: AT,
    terminatedAt: null,
    host: '127.0.0.1',
    port: 41_007,
    release: uid('release', 1),
    tokenHash: 'deadbeef',
    cause: uid('decision', 1),
    draining: { purpose: 'switch', since: AT },
    inventory: { cpus: 2, kernel: '6.1' },
  };
}

const forecast: Forecast = {
  level: 10,
  slope: 1,
  slopeStandardError: 0.1,
  acceleration: 0,
  accelerationStandardError: 0.2,
  accelerationSignificant: false,
  horizonSeconds: 30,
  predicted: 40,
  error: 3,
};

const result: Decision = {
  at: AT,
  key: 'acme/shop-1/web',
  deciderVersion: 1,
  from: 2,
  recommended: 4,
  to: 3,
  acted: 3,
  outcome: 'scale-up',
  reasonCode: 'loadAverage',
  proposals: [
    {
      factor: 'loadAverage',
      target: 70,
      base: 5,
      forecast,
      saturated: false,
      instances: 3,
      needed: 2.6,
      reason: '40 over 65 each',
    },
  ],
  factor: 'loadAverage',
  clamps: [{ code: 'maximum', from: 4, to: 3, detail: 'the policy allows 3' }],
};

export function decision(number: number): DecisionRecord {
  return {
    uid: uid('decision', number),
    tenant: 'acme',
    cluster: uid('cluster', 1),
    at: AT,
    lastAt: AT,
    count: 1,
    acted: number % 2 === 1,
    reasonCode: 'loadAverage',
    from: 2,
    to: 3,
    sentence: `decision ${number}: from 2 to 3 instances`,
    decision: result,
    input: null,
  };
}

export function release(number: number): ReleaseRecord {
  return {
    uid: uid('release', number),
    tenant: 'acme',
    cluster: uid('cluster', 1),
    number,
    createdAt: AT,
    createdBy: 'ci',
    artifact: DIGEST,
    source: uid('source', 1),
    build: uid('build', 1),
    cartridge: { name: 'nodejs', version: '24' },
    configuration: { v: 1, release: uid('release', number), environment: { COLOUR: 'green' } },
    configurationDigest: 'cd'.repeat(32),
    state: 'stable',
  };
}

export function rollout(number: number): RolloutRecord {
  return {
    uid: uid('rollout', number),
    tenant: 'acme',
    cluster: uid('cluster', 1),
    from: uid('release', 1),
    to: uid('release', 2),
    state: 'running',
    createdAt: AT,
    finishedAt: null,
    reason: null,
    instances: [uid('instance', 1)],
  };
}

export function build(number: number): BuildRecord {
  return {
    uid: uid('build', number),
    tenant: 'acme',
    cluster: uid('cluster', 1),
    source: uid('source', 1),
    state: 'failed',
    createdAt: AT,
    startedAt: AT,
    finishedAt: AT,
    artifact: null,
    error: { code: 'BUILD_FAILED', message: 'npm ended with 1' },
  };
}

export const gitSource: SourceRecord = {
  uid: uid('source', 1),
  tenant: 'acme',
  cluster: uid('cluster', 1),
  createdAt: AT,
  origin: {
    kind: 'git',
    url: 'https://git.example/shop.git',
    ref: 'main',
    commit: '0'.repeat(40),
    message: 'Sell more',
    author: 'Ada',
  },
};

export const uploadSource: SourceRecord = {
  ...gitSource,
  uid: uid('source', 2),
  origin: { kind: 'upload', digest: DIGEST, bytes: 5_000_000_000, by: 'ci' },
};

export function event(sequence: number): EventRecord {
  return {
    sequence,
    uid: uid('event', sequence),
    at: AT,
    tenant: 'acme',
    application: 'shop-1',
    subject: { kind: 'instance', uid: uid('instance', 1), name: 'web-1' },
    type: 'instance.faulty',
    cause: null,
    data: { exitCode: 1 },
  };
}

export function logLine(sequence: number, text = `line ${sequence}`): LogLine {
  return {
    kind: 'line',
    sequence,
    at: AT,
    level: null,
    alias: 'web',
    instance: uid('instance', 1),
    stream: 'stdout',
    text,
  };
}

export function logGap(after: number, sequence: number, lines: number | null = 1234): LogGap {
  const whose = { at: AT, alias: 'web', instance: uid('instance', 1) };
  return { kind: 'gap', after, sequence, ...whose, lines, cause: 'rate-limit' };
}

export const drain: DrainStatus = {
  ...{ name: 'central', type: 'syslog', url: 'tls://logs.example:6514', state: 'retrying', sent: 4711, dropped: 12 },
  ...{ behind: 3, lastSentAt: AT, lastError: { code: 'DRAIN_UNREACHABLE', message: 'nobody there', at: AT } },
};

/** A page of everything that there is. */
export function logPage(entries: readonly LogEntry[], more: Partial<LogPage> = {}): LogPage {
  const reached = entries[0] === undefined ? null : { sequence: entries[0].sequence, at: AT };
  return { entries, next: null, stopped: 'end', scannedBytes: 4096, reached, ...more };
}

export const clusterLive: ClusterLive = {
  cluster: uid('cluster', 1),
  at: AT,
  wanted: 3,
  active: 2,
  starting: 1,
  faulty: 0,
  throughputPerSecond: 12.5,
  throttledPerSecond: 0.25,
  queued: 0.5,
  horizonSeconds: 30,
  factors: [{ name: 'loadAverage', target: 70, observed: 95, capacity: 140, forecast }],
};

export const instanceLive: InstanceLive = {
  instance: uid('instance', 1),
  sampleAgeSeconds: 0.4,
  loadAverage: 47.5,
  memory: 12,
  memoryBytes: 5_000_000_000,
  requestsInFlight: 1.5,
  clockSkewSeconds: -0.01,
};

export const history: History = {
  from: AT,
  stepSeconds: 10,
  points: 2,
  series: [{ name: 'requestsInFlight', mean: [1.5, null], maximum: [4, null] }],
};

export const lifecycle: Lifecycle = {
  changes: [{ at: AT, to: 'active', cause: null, reason: { code: 'ready', message: 'it answers' } }],
  upSeconds: 60,
  downSeconds: 1.5,
};

export function usage(hour: number): UsageRecord {
  return {
    uid: `${String(hour).padStart(13, '0')}-usage`,
    tenant: 'acme',
    application: 'shop-1',
    alias: 'web',
    cluster: uid('cluster', 1),
    hour: AT + hour * 3_600_000,
    usage: { ...NO_USAGE, requests: hour, instanceSeconds: 3600 },
  };
}

export const variables: Variable[] = [
  {
    name: 'DB_PASSWORD',
    origin: 'service-cluster',
    value: null,
    secret: { name: 'DB_PASSWORD', version: 2, uid: uid('secret', 2), delivery: 'file' },
    hides: [{ origin: 'manifest', isSecret: false }],
  },
  { name: 'GREETING', origin: 'application', value: 'hello', secret: null, hides: [] },
];

export const secretVersion: SecretVersion = {
  uid: uid('secret', 1),
  tenant: 'acme',
  owner: uid('cluster', 1),
  name: 'DB_PASSWORD',
  version: 1,
  delivery: 'environment',
  createdAt: AT,
  createdBy: 'ann',
  retiredAt: AT,
  revokedAt: AT,
  revokedBy: 'bob',
  isReadable: false,
};

export const configurationChange: ConfigurationChange = {
  changed: ['GREETING'],
  releases: [{ alias: 'web', release: release(1) }],
};

export const credential: Credential = {
  uid: uid('credential', 1),
  tenant: 'acme',
  name: 'forge',
  kind: 'password',
  hosts: ['git.example.org'],
  username: 'ann',
  knownHosts: null,
  version: 2,
  updatedAt: AT,
  updatedBy: 'ann',
  isReadable: true,
};
