import { Migration } from '@mikro-orm/migrations';

/** Demand history, usage by the hour, and what the meters stood at. */
export class HistoryAndUsage extends Migration {
  override up(): void {
    this.addSql(
      'create table `history_block` (`uid` text not null primary key, `tenant` text not null, `cluster` text not null, `tier` text not null, `from` double not null, `expires_at` double not null, `block` blob not null)',
    );
    this.addSql('create index `history_block_cluster_tier_uid_index` on `history_block` (`cluster`, `tier`, `uid`)');
    this.addSql('create index `history_block_expires_at_index` on `history_block` (`expires_at`)');
    this.addSql(
      'create table `meter` (`uid` text not null primary key, `tenant` text not null, `sequence` integer not null, `until` double not null, `readings` text not null)',
    );
    this.addSql(
      'create table `usage` (`uid` text not null primary key, `tenant` text not null, `application` text not null, `alias` text not null, `cluster` text not null, `hour` double not null, `usage` text not null)',
    );
    this.addSql('create index `usage_tenant_uid_index` on `usage` (`tenant`, `uid`)');
    this.addSql('create index `usage_tenant_application_uid_index` on `usage` (`tenant`, `application`, `uid`)');
    this.addSql('create index `usage_hour_index` on `usage` (`hour`)');
  }
}
