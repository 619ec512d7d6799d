/** One complete record of each noun, for tests. */
import { applicationManifest } from '../../../schema/manifests/application.ts';
import { cartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import { API_VERSION } from '../../../schema/manifests/envelope.ts';
import type { Route } from '../../../schema/mqtt/topology.ts';
import type { MetadataState } from '../../app/metadata/use-cases.ts';
import type { HostCluster } from '../../app/host-clusters/use-cases.ts';
import { READING } from '../../app/testing/host-clusters.ts';
import type { Notice, NoticeTest } from '../../app/notices/use-cases.ts';
import type { InstanceTokens } from '../../app/token-renewal.ts';
import type { Backtest } from '../../app/backtests/use-cases.ts';
import type { Task } from '../../app/tasks/use-cases.ts';
import type { Webhook, WebhookWithSecret } from '../../app/webhooks/use-cases.ts';
import type { Certificate } from '../../app/certificates/use-cases.ts';
import type { RepositoryCheck } from '../../app/repositories/use-cases.ts';
import type { Credential } from '../../app/credentials/use-cases.ts';
import type { ConfigurationChange, SecretVersion } from '../../app/configuration/use-cases.ts';
import { DEFAULT_QUOTA } from '../../app/tenants/quota.ts';
import type { CheckedGitSource, ClusterLive, InstanceAgent, InstanceLive } from '../../app/use-cases.ts';
import type { DrainStatus } from '../../app/drains/drain-runner.ts';
import type { LogPage } from '../../app/ports/logs.ts';
import type { Blocked } from '../../app/fleet/fleet.ts';
import type { ComparedReleases } from '../../app/releases/use-cases.ts';
import type { SteeringPreview } from '../../app/steering/use-cases.ts';
import type { OverviewItem } from '../../app/overview/use-cases.ts';
import type { History } from '../../app/history/read.ts';
import type { InstanceObservation, PlacementPlan } from '../../app/placement/use-cases.ts';
import type { PlatformFacts, PlatformHealth } from '../../app/platform/use-cases.ts';
import type { ApplicationRecord, PolicyRecord } from '../../app/records/applications.ts';
import type { AuditRecord } from '../../app/records/audit.ts';
import type { CartridgeRecord } from '../../app/records/cartridges.ts';
import type { ClusterRecord, FreezeRecord } from '../../app/records/clusters.ts';
import type { DecisionRecord } from '../../app/records/decisions.ts';
import type { EventRecord } from '../../app/records/events.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import type { ReleaseRecord, RolloutRecord } from '../../app/records/releases.ts';
import type { BuildRecord, SourceRecord } from '../../app/records/sources.ts';
import type { SignInLink } from '../../app/sessions/use-cases.ts';
import type { TenantRecord, TokenRecord } from '../../app/records/tenants.ts';
import type { UsageRecord } from '../../app/records/usage.ts';
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

export const freeze: FreezeRecord = { reason: 'an incident', by: 'operator', since: AT, expiresAt: AT + 7_200_000 };

export const blocked: Blocked = {
  code: 'CARTRIDGE_MISSING',
  message: 'shop/web runs on the cartridge "php", which is not installed any more',
  since: AT,
};

export const checkedSource: CheckedGitSource = {
  url: 'https://git.example.org/shop.git',
  update: 'automatic',
  lastCheckedAt: AT,
  problem: { code: 'GIT_REF_NOT_FOUND', message: 'the repository has no branch "main"', since: AT },
};

export const routes: readonly Route[] = [
  { path: '/' },
  { host: 'docs.example.org', path: '/manual', affinity: 'cookie', https: 'required', hstsSeconds: 3600 },
];

export const unusable = 'the cartridge php cannot be used on this machine, which lacks php-fpm (runs PHP)';

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
  digest: null,
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
    stopped: { reason: 'maintenance', by: 'ci', since: AT, instances: 2 },
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
    formerTokenHash: null,
    formerTokenUntil: null,
    firstTokenHash: null,
    placement: { hostCluster: 'local', partition: 'default' },
    cause: uid('decision', 1),
    draining: { purpose: 'switch', since: AT },
    inventory: { cpus: 2, kernel: '6.1' },
    hookFailure: { hook: 'after-start', message: 'the hook after-start ended with exit code 1', at: AT },
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
  forecasters: [
    { name: 'kinematic', predicted: 43, loss: 0.5, weight: 0.7 },
    { name: 'last-value', predicted: 33, loss: null, weight: 0.3 },
  ],
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
    policies: null,
    restartOf: null,
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
    release: 3,
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

export const releaseDifference: ComparedReleases = {
  ...{ from: release(1), to: release(2) },
  variables: [{ name: 'MODE', change: 'changed', before: 'fast', after: 'slow' }],
  secrets: [{ name: 'TOKEN', change: 'added', before: null, after: 1 }],
  cartridge: {
    before: { name: 'nodejs', version: '24', image: null },
    after: { name: 'nodejs', version: '26', image: 'nodejs@sha256:a' },
  },
  artifact: { before: null, after: DIGEST },
  parts: [{ part: 'start', before: null, after: ['node', 'main.js'] }],
  source: {
    before: null,
    after: {
      ...{ uid: uid('source', 3), tenant: 'acme', cluster: uid('cluster', 1), createdAt: AT },
      origin: { kind: 'upload', digest: DIGEST, bytes: 5_000_000_000, by: 'ci' },
    },
  },
};

export const repositoryCheck: RepositoryCheck = {
  problem: {
    code: 'GIT_REF_NOT_FOUND',
    message: 'https://git.example.org/shop has no branch "x"; it has main',
    field: 'branch',
  },
  look: {
    ...{ defaultBranch: 'main', branches: ['main'], branchCount: 1 },
    found: { kind: 'commit', commit: 'c'.repeat(40), facts: { message: 'First', author: 'Ann', authoredAt: AT } },
  },
};

export const steeringPreview: SteeringPreview = {
  ...{ from: 2, to: 3, otherwise: 2, until: AT + 3_600_000, minimum: 1, maximum: 3, most: 3, mostBy: 'maximum' },
  decision: result,
  next: [{ hostCluster: 'local', partition: 'default', why: 'there is room' }],
  sentence: 'web: 2 → 3 instances now; at most 3 by its policy; until 13:00 UTC.',
  refusal: { code: 'INVALID', message: 'acme/shop-1/web may have 1 to 3 instances', field: 'instances' },
};

export const overviewItem: OverviewItem = {
  at: AT,
  isWhole: true,
  changed: [
    {
      ...{ uid: uid('cluster', 1), tenant: 'acme', applicationName: 'shop-1', applicationUid: uid('app', 1) },
      ...{ alias: 'web', cartridge: 'nodejs', category: 'framework', generation: 5, state: 'scaling-up', release: 1 },
      counts: { wanted: 3, active: 2, starting: 1, leaving: 0, faulty: 0, unreachable: 0 },
      ...{ minimum: 1, maximum: 3, shadow: false, frozen: true },
      paused: { reason: 'incident', by: 'ci', since: AT },
      stopped: null,
      override: { kind: 'floor', instances: 2, reason: 'sale', by: 'ci', createdAt: AT, expiresAt: AT + 3_600_000 },
      factor: {
        ...{ name: 'loadAverage', phrase: 'load average', unit: '%', target: 70 },
        ...{ observed: 95, predicted: null, capacity: 140, saturated: false },
      },
      ...{ horizonSeconds: 30, throughputPerSecond: 12.5, errorShare: 0.01, queued: 0, sampleAgeSeconds: 0 },
      rollout: {
        ...{ uid: uid('rollout', 1), state: 'running', createdAt: AT, from: 1, to: 2, instances: 1 },
        reason: { code: 'surge-refused', message: 'there is no room for one more' },
      },
      lastDecision: {
        ...{ uid: uid('decision', 1), at: AT, acted: true, reasonCode: 'loadAverage', from: 2, to: 3 },
        sentence: 'web: 2 → 3 instances',
      },
      attention: [
        {
          code: 'paused',
          severity: 'warning',
          sentence: '4 instances would be needed instead of 3, but autoscaling is paused',
        },
      ],
      instances: [
        {
          ...{
            uid: uid('instance', 1),
            name: '4711',
            state: 'active',
            unreachable: false,
            createdAt: AT,
            activeAt: AT,
          },
          ...{
            draining: { purpose: 'switch', since: AT },
            reason: { code: 'drained', message: 'drained by a decision' },
          },
          ...{ release: 1, hostCluster: 'local', partition: 'default', hostClusterState: 'reachable', node: 'node-1' },
          ...{ requestsInFlight: 3, balancers: [{ balancer: uid('instance', 9), requestsInFlight: 3 }] },
          ...{ loadAverage: 47.5, memory: 30, memoryBytes: 5_000_000_000, sampleAgeSeconds: 0 },
        },
      ],
    },
  ],
  applications: [
    {
      ...{ uid: uid('app', 1), tenant: 'acme', name: 'shop-1', generation: 1, createdAt: AT, deletingSince: AT },
      blocked,
    },
  ],
  removed: [uid('cluster', 7)],
  recent: [
    {
      uid: uid('cluster', 1),
      factor: 'loadAverage',
      from: AT,
      stepSeconds: 5,
      observed: [null, 95],
      capacity: [140, 140],
    },
  ],
};

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
  factors: [{ name: 'loadAverage', target: 70, base: 5, observed: 95, capacity: 140, forecast }],
};

export const instanceLive: InstanceLive = {
  instance: uid('instance', 1),
  sampleAgeSeconds: 0.4,
  loadAverage: 47.5,
  memory: 12,
  memoryBytes: 5_000_000_000,
  cpuCores: 0.4,
  cpuThrottled: 0.05,
  requestsInFlight: 1.5,
  clockSkewSeconds: -0.01,
};

export const instanceAgent: InstanceAgent = {
  ...{ version: '0.2.0', session: uid('session', 1), connected: true, lastHeardAt: AT, restarts: 2 },
  artifacts: [
    {
      ...{ slot: 'app', epoch: 3, generation: 7, release: uid('release', 1), digest: `sha256-${'a'.repeat(64)}` },
      ...{ phase: 'failed', error: { code: 'download-failed', message: 'the server answered 503' } },
    },
  ],
};

export const placementPlan: PlacementPlan = {
  policy: 'own-first',
  algorithm: 'one-after-another',
  partitions: [
    {
      ...{ hostCluster: 'home', partition: 'own', maximum: 2, instances: 2, lost: 0, room: 4 },
      closed: 'is full (2 of 2)',
    },
    { hostCluster: 'cloud', partition: 'rented', maximum: null, instances: 1, lost: 0, room: 9, closed: null },
  ],
  instances: 4,
  next: [
    {
      ...{ hostCluster: 'cloud', partition: 'rented' },
      why: 'the first in the declared order that takes it; own on home is full (2 of 2)',
    },
  ],
  leaving: [],
  unplaced: 0,
};

export const instanceObservation: InstanceObservation = {
  state: 'running',
  problem: null,
  detail: null,
  objects: [
    { kind: 'Deployment', name: 'cartwright-acme/shop-web-1f' },
    { kind: 'Pod', name: 'cartwright-acme/shop-web-1f-x', detail: 'Running on node-1' },
  ],
};

export const history: History = {
  from: AT,
  stepSeconds: 10,
  points: 2,
  series: [{ name: 'requestsInFlight', target: 7, mean: [1.5, null], maximum: [4, null] }],
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
    usage: { ...NO_USAGE, requests: hour, instanceSeconds: 3600.0000000000005 },
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

export function auditRecord(number: number): AuditRecord {
  return {
    uid: uid('audit', number),
    at: AT,
    tenant: 'acme',
    tenantUid: tenant.uid,
    actor: { token: uid('token', 1), name: 'ci', role: 'deployer', tenant: 'acme', application: null },
    mutation: 'scale',
    outcome: 'done',
    code: null,
    object: { kind: 'ServiceCluster', uid: uid('cluster', 1), name: 'shop-1/web' },
    before: { wanted: 2 },
    after: { wanted: 3 },
    address: '192.0.2.7',
    idempotencyKey: 'k-1',
    request: uid('request', number),
  };
}

export const certificate: Certificate = {
  uid: uid('certificate', 1),
  tenant: 'acme',
  owner: uid('application', 1),
  name: 'shop.example.org',
  version: 2,
  isDefault: true,
  hosts: ['shop.example.org'],
  notAfter: AT,
  fingerprint: 'AB:CD',
  updatedAt: AT,
  updatedBy: 'ann',
  isReadable: true,
};

export const credential: Credential = {
  uid: uid('credential', 1),
  tenant: 'acme',
  hostCluster: null,
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

export const webhook: Webhook = {
  uid: uid('webhook', 1),
  tenant: 'acme',
  application: 'shop-1',
  cluster: uid('cluster', 1),
  name: 'shop-1/web',
  path: `/webhooks/git/${'Ab_-'.repeat(10)}abc`,
  url: null,
  formerAcceptedUntil: AT + 3_600_000,
  version: 2,
  createdAt: AT,
  updatedAt: AT,
  updatedBy: 'ann',
  isReadable: true,
  lastDelivery: { at: AT, form: 'github', result: 'fetching', detail: 'refs/heads/main' },
  lastRefusal: { at: AT, reason: 'the signature is not that of this webhook’s secret' },
};
export const webhookWithSecret: WebhookWithSecret = { webhook, secret: `whsec_${'QUFB'.repeat(10)}QUE=` };

export const signInLink: SignInLink = {
  url: `http://127.0.0.1:4747/sign-in#code=${'c'.repeat(43)}&to=%2F`,
  expiresAt: AT + 300_000,
};

export const hostCluster: HostCluster = {
  uid: uid('hostCluster', 1),
  name: 'frankfurt',
  generation: 3,
  createdAt: AT,
  updatedAt: AT,
  updatedBy: 'ann',
  clusterUid: uid('kubeSystem', 1),
  server: 'https://api.frankfurt.example:6443',
  context: 'main',
  credentialKind: 'token',
  version: 2,
  credentialEndsAt: AT + 86_400_000,
  isReadable: true,
  brokerUrl: 'mqtts://broker.example:8883',
  controlPlaneUrl: 'https://cartwright.example',
  ca: '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n',
  drainingSince: AT,
  probe: {
    ...{ state: 'failed', at: AT, image: 'probe:1', milliseconds: 2000 },
    failures: [{ code: 'PROBE_DNS', message: 'broker.example cannot be looked up' }],
  },
  status: {
    ...{ kind: 'reachable', since: AT, checkedAt: AT, latencyMilliseconds: 12.5, reading: READING },
    failure: { code: 'HOST_CLUSTER_TIMEOUT', message: 'it did not answer in time', since: AT },
  },
};

export const notice: Notice = {
  uid: uid('notice', 1),
  tenant: 'acme',
  name: 'chat',
  application: 'shop-1',
  url: 'https://receiver.example/cartwright',
  types: ['rollout.returned', 'instance.*'],
  version: 1,
  createdAt: AT,
  createdBy: 'ann',
  disabled: { at: AT, reason: 'receiver.example answers 410' },
  state: 'disabled',
  waiting: 3,
  dropped: 1,
  lastSuccess: { at: AT, status: 204, event: uid('event', 1) },
  lastError: { at: AT, code: 'NOTICE_REFUSED', message: 'receiver.example answers 410' },
  formerSignsUntil: AT + 3_600_000,
  isReadable: true,
};
export const noticeTest: NoticeTest = {
  notice,
  taken: true,
  status: 204,
  milliseconds: 12,
  message: 'the receiver answers 204',
};

const scores = {
  ...{ replicaHours: 412.3, shortSeconds: 34, thetaUnder: 0.02, thetaOver: 12.5 },
  ...{ scaleActions: 310, reversals: 4, mostReplicas: 9 },
};

export const backtest: Backtest = {
  ...{ uid: uid('backtest', 1), tenant: 'acme', application: 'shop-1', alias: 'web', policy: 'calm' },
  ...{ from: AT - 604_800_000, to: AT, createdAt: AT, createdBy: 'ann', finishedAt: AT, progress: 1 },
  outcome: {
    state: 'succeeded',
    result: {
      sentence: 'With this policy the 7 days would have cost 412 replica-hours.',
      ...{ seconds: 604_800, coveredSeconds: 580_000, serviceSeconds: 0.12, concurrency: 8, startSeconds: 21 },
      ...{ proposed: scores, inForce: { ...scores, replicaHours: 520 }, recorded: { ...scores, replicaHours: 530 } },
      course: {
        ...{ from: AT / 1000 - 604_800, stepSeconds: 302_400, points: 2 },
        ...{ demand: Float32Array.of(5, Number.NaN), required: Float32Array.of(1, Number.NaN) },
        ...{ proposed: Float32Array.of(2, Number.NaN), inForce: Float32Array.of(3, Number.NaN), recorded: null },
      },
      notes: ['policy calm is simulated without loadAverage'],
    },
  },
};

export const task: Task = {
  uid: uid('task', 1),
  tenant: 'acme',
  application: 'shop-1',
  alias: 'web',
  cluster: uid('cluster', 1),
  release: uid('release', 1),
  kind: 'run',
  command: ['npm', 'run', 'migrate'],
  state: 'failed',
  timeoutSeconds: 3600,
  createdAt: AT,
  createdBy: 'ann',
  finishedAt: AT,
  exitCode: 3,
  reason: { code: 'task-failed', message: 'it ended with exit code 3' },
  lastLines: ['no such table'],
  stoppedBy: null,
};

export const metadata: MetadataState = {
  generation: 3,
  entries: [{ key: 'region', value: 'zurich' }],
  updatedAt: AT,
  updatedBy: 'ann',
};

export const instanceTokens: InstanceTokens = {
  current: 3,
  pending: [
    { instance: instance(1), token: { state: 'grace', formerUntil: AT + 600_000 } },
    { instance: instance(2), token: { state: 'waiting', problem: 'no space left' } },
  ],
};

export const platform: PlatformFacts = { version: '1.2.3', now: AT };

export const platformHealth: PlatformHealth = {
  startedAt: AT,
  checks: [
    { name: 'database', ok: true, detail: null },
    { name: 'lease', ok: true, detail: null },
    { name: 'broker', ok: false, detail: 'the broker is not reached' },
    { name: 'core', ok: true, detail: null },
  ],
  broker: { kind: 'outside', isConnected: false, problem: 'its certificate has expired' },
  database: { kind: 'postgres', queuedWrites: 3 },
  lease: { holder: 'machine-1, process 7', fence: 1_772_366_400 },
  disk: {
    ...{ freeBytes: 50e9, totalBytes: 100e9 },
    ...{ minimumFreeShare: 0.1, isLow: false },
  },
  droppedLogLines: 12,
  agents: [
    { version: '1.2.3', instances: 4 },
    { version: '1.2.2', instances: 1 },
  ],
  clocks: {
    measured: 5,
    widest: {
      ...{ tenant: 'acme', application: 'shop-1', alias: 'web' },
      ...{ instance: uid('instance', 1), skewSeconds: -0.25 },
    },
  },
  endingCertificates: [
    { tenant: null, application: null, name: 'CN=authority', notAfter: AT - 1000 },
    { tenant: 'acme', application: 'shop-1', name: 'shop.example.org', notAfter: AT + 86_400_000 },
  ],
};
