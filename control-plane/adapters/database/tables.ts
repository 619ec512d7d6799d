/** One {@link Table} an entity. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { ApplicationRecord, PolicyRecord } from '../../app/records/applications.ts';
import type { CartridgeRecord } from '../../app/records/cartridges.ts';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import type { ConfigurationRecord, MetadataRecord, SecretVersionRecord } from '../../app/records/configuration.ts';
import type { CertificateRecord, CredentialRecord } from '../../app/records/credentials.ts';
import type { DecisionRecord } from '../../app/records/decisions.ts';
import type { HostClusterRecord } from '../../app/records/host-clusters.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import type { NoticeProgressRecord, NoticeRecord } from '../../app/records/notices.ts';
import type { ReleaseRecord, RolloutRecord } from '../../app/records/releases.ts';
import type { EndedSessionRecord } from '../../app/records/sessions.ts';
import type { SettingRecord } from '../../app/records/settings.ts';
import type { ArtifactRecord, BuildRecord, SourceRecord, UploadRecord } from '../../app/records/sources.ts';
import type { TaskRecord } from '../../app/records/tasks.ts';
import type { TenantRecord, TokenRecord } from '../../app/records/tenants.ts';
import type { HistoryBlockRecord, MeterRecord, UsageRecord } from '../../app/records/usage.ts';
import type { DeliveryRecord, WebhookRecord } from '../../app/records/webhooks.ts';
import { ApplicationEntity } from './entities/application.ts';
import { ArtifactEntity } from './entities/artifact.ts';
import { AuditEntity } from './entities/audit.ts';
import type { AuditRow } from './entities/audit.ts';
import { BuildEntity } from './entities/build.ts';
import { CartridgeEntity } from './entities/cartridge.ts';
import { ClusterEntity } from './entities/cluster.ts';
import { ConfigurationEntity } from './entities/configuration.ts';
import { CertificateEntity } from './entities/certificate.ts';
import { HostClusterEntity } from './entities/host-cluster.ts';
import { CredentialEntity } from './entities/credential.ts';
import { DecisionEntity } from './entities/decision.ts';
import { EventEntity } from './entities/event.ts';
import type { EventRow } from './entities/event.ts';
import { HistoryBlockEntity } from './entities/history.ts';
import { IdempotencyEntity } from './entities/idempotency.ts';
import type { IdempotencyRow } from './entities/idempotency.ts';
import { InstanceEntity } from './entities/instance.ts';
import { LeaseEntity } from './entities/lease.ts';
import type { LeaseRow } from './entities/lease.ts';
import { MetadataEntity } from './entities/metadata.ts';
import { MeterEntity } from './entities/meter.ts';
import { NoticeEntity, NoticeProgressEntity } from './entities/notice.ts';
import { PolicyEntity } from './entities/policy.ts';
import { ReleaseEntity } from './entities/release.ts';
import { RolloutEntity } from './entities/rollout.ts';
import { SecretVersionEntity } from './entities/secret-version.ts';
import { EndedSessionEntity } from './entities/session.ts';
import { SettingEntity } from './entities/setting.ts';
import { SourceEntity } from './entities/source.ts';
import { TaskEntity } from './entities/task.ts';
import { TenantEntity } from './entities/tenant.ts';
import { TokenEntity } from './entities/token.ts';
import { UploadEntity } from './entities/upload.ts';
import { UsageEntity } from './entities/usage.ts';
import { DeliveryEntity, WebhookEntity } from './entities/webhook.ts';
import { Table } from './table.ts';

export type Tables = ReturnType<typeof tablesOver>;

export function tablesOver(em: SqlEntityManager) {
  return {
    tenants: new Table<TenantRecord>(em, TenantEntity),
    tokens: new Table<TokenRecord>(em, TokenEntity),
    uploads: new Table<UploadRecord>(em, UploadEntity),
    cartridges: new Table<CartridgeRecord>(em, CartridgeEntity),
    policies: new Table<PolicyRecord>(em, PolicyEntity),
    applications: new Table<ApplicationRecord>(em, ApplicationEntity),
    clusters: new Table<ClusterRecord>(em, ClusterEntity),
    sources: new Table<SourceRecord>(em, SourceEntity),
    builds: new Table<BuildRecord>(em, BuildEntity),
    artifacts: new Table<ArtifactRecord>(em, ArtifactEntity),
    releases: new Table<ReleaseRecord>(em, ReleaseEntity),
    rollouts: new Table<RolloutRecord>(em, RolloutEntity),
    metadata: new Table<MetadataRecord>(em, MetadataEntity),
    configurations: new Table<ConfigurationRecord>(em, ConfigurationEntity),
    secretVersions: new Table<SecretVersionRecord>(em, SecretVersionEntity),
    certificates: new Table<CertificateRecord>(em, CertificateEntity),
    hostClusters: new Table<HostClusterRecord>(em, HostClusterEntity),
    credentials: new Table<CredentialRecord>(em, CredentialEntity),
    webhooks: new Table<WebhookRecord>(em, WebhookEntity),
    deliveries: new Table<DeliveryRecord>(em, DeliveryEntity),
    notices: new Table<NoticeRecord>(em, NoticeEntity),
    noticeProgress: new Table<NoticeProgressRecord>(em, NoticeProgressEntity),
    tasks: new Table<TaskRecord>(em, TaskEntity),
    instances: new Table<InstanceRecord>(em, InstanceEntity),
    decisions: new Table<DecisionRecord>(em, DecisionEntity),
    endedSessions: new Table<EndedSessionRecord>(em, EndedSessionEntity),
    settings: new Table<SettingRecord>(em, SettingEntity),
    history: new Table<HistoryBlockRecord>(em, HistoryBlockEntity),
    usage: new Table<UsageRecord>(em, UsageEntity),
    meters: new Table<MeterRecord>(em, MeterEntity),
    events: new Table<EventRow>(em, EventEntity),
    audit: new Table<AuditRow>(em, AuditEntity),
    leases: new Table<LeaseRow>(em, LeaseEntity),
    idempotency: new Table<IdempotencyRow>(em, IdempotencyEntity),
  };
}
