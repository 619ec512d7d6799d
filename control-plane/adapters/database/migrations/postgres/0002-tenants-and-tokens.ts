import { Migration } from '@mikro-orm/migrations';

/** Quotas as one value, tenants that are being deleted, tokens of one application, events by application, uploads. */
export class TenantsAndTokens extends Migration {
  override up(): void {
    this.addSql(
      'alter table "tenant" add column "quota" text collate "C" null, add column "deleting_since" double precision null',
    );
    this.addSql(
      'update "tenant" set "quota" = \'{"instances":\' || "quota_instances" || \',"applications":50,"memoryBytes":68719476736,"buildsAtOnce":2,"logBytes":1073741824}\'',
    );
    this.addSql('alter table "tenant" alter column "quota" set not null, drop column "quota_instances"');
    this.addSql('alter table "token" add column "application" text collate "C" null');
    this.addSql('alter table "event" add column "application" text collate "C" null');
    this.addSql('update "event" set "application" = "subject_name" where "subject_kind" = \'Application\'');
    this.addSql(
      'update "event" set "application" = split_part("subject_name", \'/\', 1) where "subject_kind" in (\'ServiceCluster\', \'Instance\') and strpos("subject_name", \'/\') > 0',
    );
    this.addSql(
      'create table "upload" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "digest" text collate "C" not null, "bytes" double precision not null, "created_at" double precision not null, "by" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('create index "upload_tenant_digest_index" on "upload" ("tenant", "digest")');
  }
}
