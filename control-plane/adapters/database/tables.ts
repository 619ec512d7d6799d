/** One {@link Table} an entity. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type {
  ApplicationRecord,
  ArtifactRecord,
  BuildRecord,
  CartridgeRecord,
  ClusterRecord,
  ConfigurationRecord,
  CredentialRecord,
  DecisionRecord,
  HistoryBlockRecord,
  InstanceRecord,
  MeterRecord,
  PolicyRecord,
  ReleaseRecord,
  RolloutRecord,
  SecretVersionRecord,
  SettingRecord,
  SourceRecord,
  TenantRecord,
  TokenRecord,
  UploadRecord,
  UsageRecord,
} from '../../app/records.ts';
import { ApplicationEntity } from './entities/application.ts';
import { ArtifactEntity } from './entities/artifact.ts';
import { BuildEntity } from './entities/build.ts';
import { CartridgeEntity } from './entities/cartridge.ts';
import { ClusterEntity } from './entities/cluster.ts';
import { ConfigurationEntity } from './entities/configuration.ts';
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
import { MeterEntity } from './entities/meter.ts';
import { PolicyEntity } from './entities/policy.ts';
import { ReleaseEntity } from './entities/release.ts';
import { RolloutEntity } from './entities/rollout.ts';
import { SecretVersionEntity } from './entities/secret-version.ts';
import { SettingEntity } from './entities/setting.ts';
import { SourceEntity } from './entities/source.ts';
import { TenantEntity } from './entities/tenant.ts';
import { TokenEntity } from './entities/token.ts';
import { UploadEntity } from './entities/upload.ts';
import { UsageEntity } from './entities/usage.ts';
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
    configurations: new Table<ConfigurationRecord>(em, ConfigurationEntity),
    secretVersions: new Table<SecretVersionRecord>(em, SecretVersionEntity),
    credentials: new Table<CredentialRecord>(em, CredentialEntity),
    instances: new Table<InstanceRecord>(em, InstanceEntity),
    decisions: new Table<DecisionRecord>(em, DecisionEntity),
    settings: new Table<SettingRecord>(em, SettingEntity),
    history: new Table<HistoryBlockRecord>(em, HistoryBlockEntity),
    usage: new Table<UsageRecord>(em, UsageEntity),
    meters: new Table<MeterRecord>(em, MeterEntity),
    events: new Table<EventRow>(em, EventEntity),
    leases: new Table<LeaseRow>(em, LeaseEntity),
    idempotency: new Table<IdempotencyRow>(em, IdempotencyEntity),
  };
}
