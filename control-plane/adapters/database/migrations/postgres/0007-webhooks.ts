import { Migration } from '@mikro-orm/migrations';

/** Where Git hosts tell of pushes, and what they have told. */
export class Webhooks extends Migration {
  override up(): void {
    this.addSql(
      'create table "delivery" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "webhook" text collate "C" not null, "expires_at" double precision not null, primary key ("uid"))',
    );
    this.addSql('create index "delivery_expires_at_index" on "delivery" ("expires_at")');
    this.addSql(
      'create table "webhook" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "application" text collate "C" not null, "cluster" text collate "C" not null, "name" text collate "C" not null, "address" text collate "C" not null, "version" bigint not null, "created_at" double precision not null, "updated_at" double precision not null, "updated_by" text collate "C" not null, "sealed" text collate "C" not null, "last_delivery" text collate "C" null, "last_refusal" text collate "C" null, primary key ("uid"))',
    );
    this.addSql('create index "webhook_tenant_uid_index" on "webhook" ("tenant", "uid")');
    this.addSql('alter table "webhook" add constraint "webhook_cluster_unique" unique ("cluster")');
    this.addSql('alter table "webhook" add constraint "webhook_address_unique" unique ("address")');
  }
}
