import { Migration } from '@mikro-orm/migrations';

/** Who asked for which mutation, what it changed and what became of it. */
export class Audit extends Migration {
  override up(): void {
    this.addSql(
      'create table `audit` (`uid` text not null primary key, `at` double not null, `tenant` text null, `tenant_uid` text null, `actor_token` text not null, `actor_name` text not null, `actor_role` text not null, `actor_tenant` text null, `actor_application` text null, `mutation` text not null, `outcome` text not null, `code` text null, `object_kind` text null, `object_uid` text null, `object_name` text null, `before` text null, `after` text null, `address` text null, `idempotency_key` text null, `request` text not null)',
    );
    this.addSql('create index `audit_tenant_uid_uid_index` on `audit` (`tenant_uid`, `uid`)');
    this.addSql('create index `audit_tenant_uid_index` on `audit` (`tenant`, `uid`)');
    this.addSql('create index `audit_actor_token_uid_index` on `audit` (`actor_token`, `uid`)');
    this.addSql('create index `audit_object_uid_uid_index` on `audit` (`object_uid`, `uid`)');
    this.addSql('create index `audit_at_index` on `audit` (`at`)');
  }
}
