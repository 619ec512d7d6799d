/**
 * The migrations in order, listed and not searched for: the program runs from compiled files. Each has a twin for the other
 * database. One that was released is never changed; the next change gets the next number.
 */
import type { MigrationObject } from '@mikro-orm/core';
import { Initial as PostgresInitial } from './postgres/0001-initial.ts';
import { TenantsAndTokens as PostgresTenantsAndTokens } from './postgres/0002-tenants-and-tokens.ts';
import { LeaseExpiry as PostgresLeaseExpiry } from './postgres/0003-lease-expiry.ts';
import { Initial as SqliteInitial } from './sqlite/0001-initial.ts';
import { TenantsAndTokens as SqliteTenantsAndTokens } from './sqlite/0002-tenants-and-tokens.ts';
import { LeaseExpiry as SqliteLeaseExpiry } from './sqlite/0003-lease-expiry.ts';
import { HistoryAndUsage as PostgresHistoryAndUsage } from './postgres/0004-history-and-usage.ts';
import { ConfigurationAndSecrets as PostgresConfigurationAndSecrets } from './postgres/0005-configuration-and-secrets.ts';
import { Credentials as PostgresCredentials } from './postgres/0006-credentials.ts';
import { HistoryAndUsage as SqliteHistoryAndUsage } from './sqlite/0004-history-and-usage.ts';
import { ConfigurationAndSecrets as SqliteConfigurationAndSecrets } from './sqlite/0005-configuration-and-secrets.ts';
import { Credentials as SqliteCredentials } from './sqlite/0006-credentials.ts';

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
];

/** The table in which a database notes the migrations that it has had; the same name in both kinds. */
export const MIGRATIONS_TABLE = 'migration';

/** As MikroORM takes them. */
export function migrationsOf(kind: 'sqlite' | 'postgres'): MigrationObject[] {
  return MIGRATIONS.map((migration) => ({ name: migration.name, class: migration[kind] }));
}
