import { Migration } from '@mikro-orm/migrations';

/** What people set over the manifests, and the versions of secrets. */
export class ConfigurationAndSecrets extends Migration {
  override up(): void {
    this.addSql(
      'create table "configuration" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "generation" bigint not null, "updated_at" double precision not null, "updated_by" text collate "C" not null, "variables" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql(
      'create table "secret_version" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "owner" text collate "C" not null, "name" text collate "C" not null, "version" bigint not null, "delivery" text collate "C" not null, "created_at" double precision not null, "created_by" text collate "C" not null, "retired_at" double precision null, "revoked_at" double precision null, "revoked_by" text collate "C" null, "sealed" text collate "C" null, primary key ("uid"))',
    );
    this.addSql(
      'alter table "secret_version" add constraint "secret_version_owner_name_version_unique" unique ("owner", "name", "version")',
    );
  }
}
