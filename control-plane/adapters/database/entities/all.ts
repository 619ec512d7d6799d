/** Every entity, listed and not searched for: the program runs from compiled files. */
import { ApplicationEntity } from './application.ts';
import { ArtifactEntity } from './artifact.ts';
import { BuildEntity } from './build.ts';
import { CartridgeEntity } from './cartridge.ts';
import { ClusterEntity } from './cluster.ts';
import { ConfigurationEntity } from './configuration.ts';
import { CredentialEntity } from './credential.ts';
import { DecisionEntity } from './decision.ts';
import { EventEntity } from './event.ts';
import { HistoryBlockEntity } from './history.ts';
import { IdempotencyEntity } from './idempotency.ts';
import { InstanceEntity } from './instance.ts';
import { LeaseEntity } from './lease.ts';
import { MeterEntity } from './meter.ts';
import { PolicyEntity } from './policy.ts';
import { ReleaseEntity } from './release.ts';
import { RolloutEntity } from './rollout.ts';
import { SecretVersionEntity } from './secret-version.ts';
import { SettingEntity } from './setting.ts';
import { SourceEntity } from './source.ts';
import { TenantEntity } from './tenant.ts';
import { TokenEntity } from './token.ts';
import { UploadEntity } from './upload.ts';
import { UsageEntity } from './usage.ts';

export const ENTITIES = [
  ApplicationEntity,
  ArtifactEntity,
  BuildEntity,
  CartridgeEntity,
  ClusterEntity,
  ConfigurationEntity,
  CredentialEntity,
  DecisionEntity,
  EventEntity,
  HistoryBlockEntity,
  IdempotencyEntity,
  InstanceEntity,
  LeaseEntity,
  MeterEntity,
  PolicyEntity,
  ReleaseEntity,
  RolloutEntity,
  SecretVersionEntity,
  SettingEntity,
  SourceEntity,
  TenantEntity,
  TokenEntity,
  UploadEntity,
  UsageEntity,
];
