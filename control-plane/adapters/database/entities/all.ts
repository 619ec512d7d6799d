/** Every entity, listed and not searched for: the program runs from compiled files. */
import { ApplicationEntity } from './application.ts';
import { ArtifactEntity } from './artifact.ts';
import { AuditEntity } from './audit.ts';
import { BuildEntity } from './build.ts';
import { CartridgeEntity } from './cartridge.ts';
import { ClusterEntity } from './cluster.ts';
import { ConfigurationEntity } from './configuration.ts';
import { CertificateEntity } from './certificate.ts';
import { HostClusterEntity } from './host-cluster.ts';
import { CredentialEntity } from './credential.ts';
import { DecisionEntity } from './decision.ts';
import { EventEntity } from './event.ts';
import { HistoryBlockEntity } from './history.ts';
import { IdempotencyEntity } from './idempotency.ts';
import { InstanceEntity } from './instance.ts';
import { LeaseEntity } from './lease.ts';
import { MetadataEntity } from './metadata.ts';
import { MeterEntity } from './meter.ts';
import { NoticeEntity, NoticeProgressEntity } from './notice.ts';
import { PolicyEntity } from './policy.ts';
import { ReleaseEntity } from './release.ts';
import { RolloutEntity } from './rollout.ts';
import { SecretVersionEntity } from './secret-version.ts';
import { EndedSessionEntity } from './session.ts';
import { SettingEntity } from './setting.ts';
import { SourceEntity } from './source.ts';
import { TaskEntity } from './task.ts';
import { TenantEntity } from './tenant.ts';
import { TokenEntity } from './token.ts';
import { UploadEntity } from './upload.ts';
import { UsageEntity } from './usage.ts';
import { DeliveryEntity, WebhookEntity } from './webhook.ts';

export const ENTITIES = [
  ApplicationEntity,
  ArtifactEntity,
  AuditEntity,
  BuildEntity,
  CartridgeEntity,
  ClusterEntity,
  ConfigurationEntity,
  CertificateEntity,
  HostClusterEntity,
  CredentialEntity,
  DecisionEntity,
  DeliveryEntity,
  EndedSessionEntity,
  EventEntity,
  HistoryBlockEntity,
  IdempotencyEntity,
  InstanceEntity,
  LeaseEntity,
  MetadataEntity,
  MeterEntity,
  NoticeEntity,
  NoticeProgressEntity,
  PolicyEntity,
  ReleaseEntity,
  RolloutEntity,
  SecretVersionEntity,
  SettingEntity,
  SourceEntity,
  TaskEntity,
  TenantEntity,
  TokenEntity,
  UploadEntity,
  UsageEntity,
  WebhookEntity,
];
