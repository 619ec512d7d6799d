import { Migration } from '@mikro-orm/migrations';

/** Where Git hosts tell of pushes, and what they have told. */
export class Webhooks extends Migration {
  override up(): void {
    this.addSql(
      'create table `delivery` (`uid` text not null primary key, `tenant` text not null, `webhook` text not null, `expires_at` double not null)',
    );
    this.addSql('create index `delivery_expires_at_index` on `delivery` (`expires_at`)');
    this.addSql(
      'create table `webhook` (`uid` text not null primary key, `tenant` text not null, `application` text not null, `cluster` text not null, `name` text not null, `address` text not null, `version` integer not null, `created_at` double not null, `updated_at` double not null, `updated_by` text not null, `sealed` text not null, `last_delivery` text null, `last_refusal` text null)',
    );
    this.addSql('create index `webhook_tenant_uid_index` on `webhook` (`tenant`, `uid`)');
    this.addSql('create unique index `webhook_cluster_unique` on `webhook` (`cluster`)');
    this.addSql('create unique index `webhook_address_unique` on `webhook` (`address`)');
  }
}
