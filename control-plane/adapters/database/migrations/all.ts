/**
 * The migrations in order, listed and not searched for: the program runs from compiled files. Each has a twin for the other
 * database. One that was released is never changed; the next change gets the next number.
 */
import type { MigrationObject } from '@mikro-orm/core';
import { Initial as PostgresInitial } from './postgres/0001-initial.ts';
import { TenantsAndTokens as PostgresTenantsAndTokens } from './postgres/0002-tenants-and-tokens.ts';
import { LeaseExpiry as PostgresLeaseExpiry } from './postgres/0003-lease-expiry.ts';
import { Audit as PostgresAudit } from './postgres/0008-audit.ts';
import { Certificates as PostgresCertificates } from './postgres/0012-certificates.ts';
import { HookFailures as PostgresHookFailures } from './postgres/0013-hook-failures.ts';
import { Certificates as SqliteCertificates } from './sqlite/0012-certificates.ts';
import { HookFailures as SqliteHookFailures } from './sqlite/0013-hook-failures.ts';
import { Audit as SqliteAudit } from './sqlite/0008-audit.ts';
import { Initial as SqliteInitial } from './sqlite/0001-initial.ts';
import { TenantsAndTokens as SqliteTenantsAndTokens } from './sqlite/0002-tenants-and-tokens.ts';
import { LeaseExpiry as SqliteLeaseExpiry } from './sqlite/0003-lease-expiry.ts';
import { HistoryAndUsage as PostgresHistoryAndUsage } from './postgres/0004-history-and-usage.ts';
import { ConfigurationAndSecrets as PostgresConfigurationAndSecrets } from './postgres/0005-configuration-and-secrets.ts';
import { Credentials as PostgresCredentials } from './postgres/0006-credentials.ts';
import { Webhooks as PostgresWebhooks } from './postgres/0007-webhooks.ts';
import { HistoryAndUsage as SqliteHistoryAndUsage } from './sqlite/0004-history-and-usage.ts';
import { ConfigurationAndSecrets as SqliteConfigurationAndSecrets } from './sqlite/0005-configuration-and-secrets.ts';
import { Credentials as SqliteCredentials } from './sqlite/0006-credentials.ts';
import { Webhooks as SqliteWebhooks } from './sqlite/0007-webhooks.ts';
import { Notices as PostgresNotices } from './postgres/0009-notices.ts';
import { Notices as SqliteNotices } from './sqlite/0009-notices.ts';

import { Tasks as PostgresTasks } from './postgres/0010-tasks.ts';
import { Tasks as SqliteTasks } from './sqlite/0010-tasks.ts';

import { Metadata as PostgresMetadata } from './postgres/0011-metadata.ts';
import { Metadata as SqliteMetadata } from './sqlite/0011-metadata.ts';
import { TokenRenewal as PostgresTokenRenewal } from './postgres/0014-token-renewal.ts';
import { TokenRenewal as SqliteTokenRenewal } from './sqlite/0014-token-renewal.ts';
import { FormerSecrets as PostgresFormerSecrets } from './postgres/0015-former-secrets.ts';
import { CartridgeVersions as PostgresCartridgeVersions } from './postgres/0016-cartridge-versions.ts';
import { FormerSecrets as SqliteFormerSecrets } from './sqlite/0015-former-secrets.ts';
import { CartridgeVersions as SqliteCartridgeVersions } from './sqlite/0016-cartridge-versions.ts';
import { HostClusters as PostgresHostClusters } from './postgres/0017-host-clusters.ts';
import { Placement as PostgresPlacement } from './postgres/0018-placement.ts';
import { Placement as SqlitePlacement } from './sqlite/0018-placement.ts';
import { EndedSessions as PostgresEndedSessions } from './postgres/0021-ended-sessions.ts';
import { EndedSessions as SqliteEndedSessions } from './sqlite/0021-ended-sessions.ts';
import { Restarts as PostgresRestarts } from './postgres/0020-restarts.ts';
import { Restarts as SqliteRestarts } from './sqlite/0020-restarts.ts';
import { Stopped as PostgresStopped } from './postgres/0019-stopped.ts';
import { Stopped as SqliteStopped } from './sqlite/0019-stopped.ts';
import { HostClusters as SqliteHostClusters } from './sqlite/0017-host-clusters.ts';

type MigrationClass = Exclude<MigrationObject['class'], string>;

export const MIGRATIONS: readonly {
  readonly name: string;
  readonly sqlite: MigrationClass;
  readonly postgres: MigrationClass;
}[] = [
  { name: '0001-initial', sqlite: SqliteInitial, postgres: PostgresInitial },
  { name: '0002-tenants-and-tokens', sqlite: SqliteTenantsAndTokens, postgres: PostgresTenantsAndTokens },
  { name: '0003-lease-expiry', sqlite: SqliteLeaseExpiry, postgres: PostgresLeaseExpiry },
  { name: '0004-history-and-usage', sqlite: SqliteHistoryAndUsage, postgres: PostgresHistoryAndUsage },
  {
    name: '0005-configuration-and-secrets',
    sqlite: SqliteConfigurationAndSecrets,
    postgres: PostgresConfigurationAndSecrets,
  },
  { name: '0006-credentials', sqlite: SqliteCredentials, postgres: PostgresCredentials },
  { name: '0007-webhooks', sqlite: SqliteWebhooks, postgres: PostgresWebhooks },
  { name: '0008-audit', sqlite: SqliteAudit, postgres: PostgresAudit },
  { name: '0009-notices', sqlite: SqliteNotices, postgres: PostgresNotices },
  { name: '0010-tasks', sqlite: SqliteTasks, postgres: PostgresTasks },
  { name: '0011-metadata', sqlite: SqliteMetadata, postgres: PostgresMetadata },
  { name: '0012-certificates', sqlite: SqliteCertificates, postgres: PostgresCertificates },
  { name: '0013-hook-failures', sqlite: SqliteHookFailures, postgres: PostgresHookFailures },
  { name: '0014-token-renewal', sqlite: SqliteTokenRenewal, postgres: PostgresTokenRenewal },
  { name: '0015-former-secrets', sqlite: SqliteFormerSecrets, postgres: PostgresFormerSecrets },
  { name: '0016-cartridge-versions', sqlite: SqliteCartridgeVersions, postgres: PostgresCartridgeVersions },
  { name: '0017-host-clusters', sqlite: SqliteHostClusters, postgres: PostgresHostClusters },
  { name: '0018-placement', sqlite: SqlitePlacement, postgres: PostgresPlacement },
  { name: '0019-stopped', sqlite: SqliteStopped, postgres: PostgresStopped },
  { name: '0020-restarts', sqlite: SqliteRestarts, postgres: PostgresRestarts },
  { name: '0021-ended-sessions', sqlite: SqliteEndedSessions, postgres: PostgresEndedSessions },
];

/** The table in which a database notes the migrations that it has had; the same name in both kinds. */
export const MIGRATIONS_TABLE = 'migration';

/** As MikroORM takes them. */
export function migrationsOf(kind: 'sqlite' | 'postgres'): MigrationObject[] {
  return MIGRATIONS.map((migration) => ({ name: migration.name, class: migration[kind] }));
}
