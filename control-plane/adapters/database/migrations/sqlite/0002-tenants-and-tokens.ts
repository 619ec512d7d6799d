import { Migration } from '@mikro-orm/migrations';

/** Quotas as one value, tenants that are being deleted, tokens of one application, events by application, uploads. */
export class TenantsAndTokens extends Migration {
  override up(): void {
    this.addSql(
      'create table `tenant_next` (`uid` text not null primary key, `name` text not null, `created_at` double not null, `quota` text not null, `deleting_since` double null)',
    );
    this.addSql(
      'insert into `tenant_next` select `uid`, `name`, `created_at`, \'{"instances":\' || `quota_instances` || \',"applications":50,"memoryBytes":68719476736,"buildsAtOnce":2,"logBytes":1073741824}\', null from `tenant`',
    );
    this.addSql('drop table `tenant`');
    this.addSql('alter table `tenant_next` rename to `tenant`');
    this.addSql('create unique index `tenant_name_unique` on `tenant` (`name`)');
    this.addSql('alter table `token` add column `application` text null');
    this.addSql('alter table `event` add column `application` text null');
    this.addSql("update `event` set `application` = `subject_name` where `subject_kind` = 'Application'");
    this.addSql(
      "update `event` set `application` = substr(`subject_name`, 1, instr(`subject_name`, '/') - 1) where `subject_kind` in ('ServiceCluster', 'Instance') and instr(`subject_name`, '/') > 0",
    );
    this.addSql(
      'create table `upload` (`uid` text not null primary key, `tenant` text not null, `digest` text not null, `bytes` double not null, `created_at` double not null, `by` text not null)',
    );
    this.addSql('create index `upload_tenant_digest_index` on `upload` (`tenant`, `digest`)');
  }
}
