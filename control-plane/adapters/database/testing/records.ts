/** Records as fast-check makes them: any value that the type allows, hostile texts included. */
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { ApplicationRecord, PolicyRecord } from '../../../app/records/applications.ts';
import type { AuditRecord } from '../../../app/records/audit.ts';
import type { CartridgeRecord } from '../../../app/records/cartridges.ts';
import type { ClusterRecord } from '../../../app/records/clusters.ts';
import type { ConfigurationRecord, MetadataRecord, SecretVersionRecord } from '../../../app/records/configuration.ts';
import type { CertificateRecord, CredentialRecord } from '../../../app/records/credentials.ts';
import type { DecisionRecord } from '../../../app/records/decisions.ts';
import type { NewEvent } from '../../../app/records/events.ts';
import type { HostClusterRecord } from '../../../app/records/host-clusters.ts';
import type { InstanceRecord } from '../../../app/records/instances.ts';
import type { NoticeProgressRecord, NoticeRecord } from '../../../app/records/notices.ts';
import type { ReleaseRecord, RolloutRecord } from '../../../app/records/releases.ts';
import type { EndedSessionRecord } from '../../../app/records/sessions.ts';
import type { SettingRecord } from '../../../app/records/settings.ts';
import type { ArtifactRecord, BuildRecord, SourceRecord, UploadRecord } from '../../../app/records/sources.ts';
import type { TaskRecord } from '../../../app/records/tasks.ts';
import type { TenantRecord, TokenRecord } from '../../../app/records/tenants.ts';
import type { HistoryBlockRecord, MeterRecord, UsageRecord } from '../../../app/records/usage.ts';
import type { DeliveryRecord, WebhookRecord } from '../../../app/records/webhooks.ts';
import { newUid } from '../../../../schema/ids.ts';

const nullable = <T>(value: Arbitrary<T>) => fc.option(value, { nil: null });
/** A text column: everything but U+0000 and half surrogates, with what SQL and its quoting trip over. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom(
      "it's",
      '? ?? $1 :x @y',
      '\\',
      '"; drop table tenant; --',
      '%_',
      '',
      ' ',
      '\n\t',
      '😀',
      'null',
      '1',
    ),
  )
  .filter((value) => !value.includes('\0'));
const uid = fc.constant(undefined).map(() => newUid());
const time = fc.oneof(
  fc.integer({ min: 0, max: 4_102_444_800_000 }),
  fc.double({ min: 0, max: 4_102_444_800_000, noNaN: true }).map((value) => value + 0),
);
const count = fc.nat();
/** Any JSON, U+0000 and half surrogates in its texts included. */
const json = fc
  .jsonValue({ stringUnit: 'binary', maxDepth: 3 })
  // JSON has no -0.
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const object = fc.dictionary(fc.string({ maxLength: 8 }), json, { maxKeys: 5, noNullPrototype: true });
const reason = fc.record({ code: text, message: fc.string({ unit: 'binary' }) }, { noNullPrototype: true });

/** What the app validates elsewhere is any JSON here: the store must not care. */
function loosely<T>(model: { [K in keyof T]: Arbitrary<unknown> }): Arbitrary<T> {
  return fc.record<object>(model, { noNullPrototype: true }) as Arbitrary<T>;
}

export const tenants = loosely<TenantRecord>({
  uid,
  name: uid,
  createdAt: time,
  quota: object,
  deletingSince: nullable(time),
});
export const tokens = loosely<TokenRecord>({
  uid,
  name: text,
  hash: uid,
  tenant: nullable(text),
  role: fc.constantFrom('operator', 'admin', 'deployer', 'viewer'),
  application: nullable(text),
  createdAt: time,
  expiresAt: nullable(time),
  revokedAt: nullable(time),
});
export const uploads = loosely<UploadRecord>({
  uid,
  tenant: text,
  digest: text,
  bytes: count,
  createdAt: time,
  by: text,
});
export const cartridges = loosely<CartridgeRecord>({
  uid,
  name: uid,
  generation: count,
  directory: text,
  digest: nullable(text),
  manifest: object,
});
export const policies = loosely<PolicyRecord>({
  uid,
  tenant: text,
  name: uid,
  kind: fc.constantFrom('AutoscalingPolicy', 'DeploymentPolicy'),
  generation: count,
  updatedAt: time,
  manifest: json,
});
export const applications = loosely<ApplicationRecord>({
  uid,
  tenant: text,
  name: uid,
  generation: count,
  createdAt: time,
  updatedAt: time,
  deletingSince: nullable(time),
  manifest: object,
});
export const clusters = loosely<ClusterRecord>({
  uid,
  tenant: text,
  application: uid,
  applicationUid: text,
  alias: text,
  cartridge: text,
  generation: count,
  createdAt: time,
  deletingSince: nullable(time),
  wanted: count,
  epoch: count,
  desiredGeneration: count,
  topologyGeneration: count,
  stableRelease: nullable(text),
  candidateRelease: nullable(text),
  publicPort: nullable(count),
  override: nullable(object),
  paused: nullable(object),
  stopped: nullable(object),
  shadow: fc.boolean(),
  startSeconds: fc.array(
    fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0),
    { maxLength: 20 },
  ),
});
export const sources = loosely<SourceRecord>({ uid, tenant: text, cluster: text, createdAt: time, origin: object });
export const builds = loosely<BuildRecord>({
  uid,
  tenant: text,
  cluster: text,
  source: text,
  state: fc.constantFrom('queued', 'running', 'succeeded', 'failed'),
  createdAt: time,
  startedAt: nullable(time),
  finishedAt: nullable(time),
  artifact: nullable(text),
  error: nullable(reason),
});
export const artifacts = loosely<ArtifactRecord>({ uid, bytes: fc.maxSafeNat(), createdAt: time });
export const releases = loosely<ReleaseRecord>({
  uid,
  tenant: text,
  cluster: uid,
  number: count,
  createdAt: time,
  createdBy: text,
  artifact: nullable(text),
  source: nullable(text),
  build: nullable(text),
  cartridge: object,
  configuration: object,
  configurationDigest: text,
  policies: nullable(object),
  restartOf: nullable(text),
  state: fc.constantFrom('candidate', 'stable', 'superseded', 'returned', 'skipped'),
});
export const rollouts = loosely<RolloutRecord>({
  uid,
  tenant: text,
  cluster: text,
  from: nullable(text),
  to: text,
  state: fc.constantFrom('running', 'returning', 'succeeded', 'returned'),
  createdAt: time,
  finishedAt: nullable(time),
  reason: nullable(reason),
  instances: fc.array(text, { maxLength: 5 }),
});
export const metadata = loosely<MetadataRecord>({
  uid,
  tenant: text,
  generation: count,
  updatedAt: time,
  updatedBy: text,
  entries: object,
});
export const configurations = loosely<ConfigurationRecord>({
  uid,
  tenant: text,
  generation: count,
  updatedAt: time,
  updatedBy: text,
  variables: object,
});
export const secretVersions = loosely<SecretVersionRecord>({
  uid,
  tenant: text,
  owner: uid,
  name: text,
  version: count,
  delivery: fc.constantFrom('environment', 'file'),
  createdAt: time,
  createdBy: text,
  retiredAt: nullable(time),
  revokedAt: nullable(time),
  revokedBy: nullable(text),
  sealed: nullable(object),
});
export const credentials = loosely<CredentialRecord>({
  uid,
  tenant: text,
  name: uid,
  kind: fc.constantFrom('token', 'password', 'key'),
  hosts: fc.array(text, { maxLength: 3 }),
  username: nullable(text),
  knownHosts: nullable(text),
  version: count,
  updatedAt: time,
  updatedBy: text,
  sealed: object,
});
export const certificates = loosely<CertificateRecord>({
  uid,
  tenant: text,
  owner: uid,
  name: uid,
  version: count,
  isDefault: fc.boolean(),
  hosts: fc.array(text, { maxLength: 3 }),
  notAfter: time,
  fingerprint: text,
  noticedDays: nullable(count),
  updatedAt: time,
  updatedBy: text,
  sealed: object,
});
export const hostClusters = loosely<HostClusterRecord>({
  uid,
  name: uid,
  tenant: text,
  generation: count,
  createdAt: time,
  updatedAt: time,
  updatedBy: text,
  clusterUid: uid,
  server: text,
  context: text,
  credentialKind: text,
  version: count,
  credentialEndsAt: nullable(time),
  noticedDays: nullable(count),
  brokerUrl: text,
  controlPlaneUrl: text,
  ca: nullable(text),
  drainingSince: nullable(time),
  probe: object,
  sealed: object,
});
export const webhooks = loosely<WebhookRecord>({
  uid,
  tenant: text,
  application: text,
  cluster: uid,
  name: text,
  address: uid,
  version: count,
  createdAt: time,
  updatedAt: time,
  updatedBy: text,
  sealed: object,
  formerSecret: nullable(object),
  lastDelivery: nullable(object),
  lastRefusal: nullable(object),
});
export const notices = loosely<NoticeRecord>({
  uid,
  tenant: text,
  name: uid,
  application: nullable(text),
  url: text,
  types: fc.array(text, { maxLength: 3 }),
  version: count,
  createdAt: time,
  createdBy: text,
  disabled: nullable(object),
  sealed: object,
  formerSecret: nullable(object),
});
export const noticeProgress = loosely<NoticeProgressRecord>({
  uid,
  tenant: text,
  after: count,
  failures: count,
  failingSince: nullable(time),
  dropped: count,
  lastSuccess: nullable(object),
  lastError: nullable(object),
});
export const deliveries = loosely<DeliveryRecord>({ uid, tenant: text, webhook: uid, expiresAt: time });
export const endedSessions = loosely<EndedSessionRecord>({ uid, expiresAt: time });
export const tasks = loosely<TaskRecord>({
  uid,
  tenant: text,
  application: text,
  alias: text,
  cluster: text,
  release: uid,
  kind: fc.constantFrom('run', 'release'),
  command: fc.array(text, { maxLength: 3 }),
  state: fc.constantFrom('starting', 'running', 'succeeded', 'failed', 'stopped', 'lost'),
  timeoutSeconds: count,
  createdAt: time,
  createdBy: text,
  finishedAt: nullable(time),
  exitCode: nullable(count),
  reason: nullable(reason),
  lastLines: fc.array(text, { maxLength: 3 }),
  stoppedBy: nullable(text),
  tokenHash: text,
});
export const instances = loosely<InstanceRecord>({
  uid,
  tenant: text,
  application: text,
  alias: text,
  cluster: text,
  state: fc.constantFrom('created', 'active', 'terminated', 'faulty'),
  unreachable: fc.boolean(),
  reason: nullable(reason),
  createdAt: time,
  activeAt: nullable(time),
  terminatedAt: nullable(time),
  host: nullable(text),
  port: nullable(count),
  release: nullable(text),
  tokenHash: text,
  formerTokenHash: nullable(text),
  formerTokenUntil: nullable(time),
  firstTokenHash: nullable(text),
  cause: nullable(text),
  placement: nullable(fc.record({ hostCluster: text, partition: text }, { noNullPrototype: true })),
  draining: nullable(object),
  inventory: nullable(object),
  hookFailure: nullable(object),
});
export const decisions = loosely<DecisionRecord>({
  uid,
  tenant: text,
  cluster: text,
  at: time,
  lastAt: time,
  count,
  acted: fc.boolean(),
  reasonCode: text,
  from: count,
  to: count,
  sentence: text,
  decision: object,
  input: nullable(object),
});
export const history = loosely<HistoryBlockRecord>({
  uid,
  tenant: text,
  cluster: text,
  tier: fc.constantFrom('1s', '10s', '1m', '1h'),
  from: time,
  expiresAt: time,
  block: fc.uint8Array({ maxLength: 300 }),
});
export const usage = loosely<UsageRecord>({
  uid,
  tenant: text,
  application: text,
  alias: text,
  cluster: text,
  hour: time,
  usage: object,
});
export const meters = loosely<MeterRecord>({ uid, tenant: text, sequence: count, until: time, readings: object });
export const settings = loosely<SettingRecord>({ uid, value: json });
export const audit = loosely<AuditRecord>({
  uid,
  at: time,
  tenant: nullable(text),
  tenantUid: nullable(text),
  actor: loosely<AuditRecord['actor']>({
    token: text,
    name: text,
    role: fc.constantFrom('operator', 'admin', 'deployer', 'viewer'),
    tenant: nullable(text),
    application: nullable(text),
  }),
  mutation: text,
  outcome: fc.constantFrom('done', 'unchanged', 'refused', 'failed'),
  code: nullable(text),
  object: nullable(loosely({ kind: text, uid: nullable(text), name: nullable(text) })),
  before: nullable(object),
  after: nullable(object),
  address: nullable(text),
  idempotencyKey: nullable(text),
  request: text,
});
export const events = loosely<NewEvent>({
  at: time,
  tenant: nullable(text),
  application: nullable(text),
  subject: loosely<NewEvent['subject']>({ kind: text, uid: text, name: text }),
  type: text,
  cause: nullable(text),
  data: object,
});

/** An instance for tests that care about a few fields. */
export function instance(fields: Partial<InstanceRecord> = {}): InstanceRecord {
  return {
    uid: newUid(),
    tenant: 'acme',
    application: 'shop',
    alias: 'web',
    cluster: 'cluster-1',
    state: 'active',
    unreachable: false,
    reason: null,
    createdAt: 1,
    activeAt: null,
    terminatedAt: null,
    host: null,
    port: null,
    release: null,
    tokenHash: 'hash',
    formerTokenHash: null,
    formerTokenUntil: null,
    firstTokenHash: null,
    cause: null,
    placement: { hostCluster: 'local', partition: 'default' },
    draining: null,
    inventory: null,
    hookFailure: null,
    ...fields,
  };
}

/** An event for tests that care about a few fields. */
export function event(fields: Partial<NewEvent> = {}): NewEvent {
  return {
    at: 1,
    tenant: 'acme',
    application: 'shop',
    subject: { kind: 'Instance', uid: 'i-1', name: 'shop/web' },
    type: 'instance.active',
    cause: null,
    data: {},
    ...fields,
  };
}
