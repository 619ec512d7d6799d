import { Migration } from '@mikro-orm/migrations';

/** Demand history, usage by the hour, and what the meters stood at. */
export class HistoryAndUsage extends Migration {
  override up(): void {
    this.addSql(
      'create table "history_block" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "cluster" text collate "C" not null, "tier" text collate "C" not null, "from" double precision not null, "expires_at" double precision not null, "block" bytea not null, primary key ("uid"))',
    );
    this.addSql('create index "history_block_cluster_tier_uid_index" on "history_block" ("cluster", "tier", "uid")');
    this.addSql('create index "history_block_expires_at_index" on "history_block" ("expires_at")');
    this.addSql(
      'create table "meter" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "sequence" bigint not null, "until" double precision not null, "readings" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql(
      'create table "usage" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "application" text collate "C" not null, "alias" text collate "C" not null, "cluster" text collate "C" not null, "hour" double precision not null, "usage" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('create index "usage_tenant_uid_index" on "usage" ("tenant", "uid")');
    this.addSql('create index "usage_tenant_application_uid_index" on "usage" ("tenant", "application", "uid")');
    this.addSql('create index "usage_hour_index" on "usage" ("hour")');
  }
}
