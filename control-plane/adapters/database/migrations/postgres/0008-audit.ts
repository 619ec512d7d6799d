import { Migration } from '@mikro-orm/migrations';

/** Who asked for which mutation, what it changed and what became of it. */
export class Audit extends Migration {
  override up(): void {
    this.addSql(
      'create table "audit" ("uid" text collate "C" not null, "at" double precision not null, "tenant" text collate "C" null, "tenant_uid" text collate "C" null, "actor_token" text collate "C" not null, "actor_name" text collate "C" not null, "actor_role" text collate "C" not null, "actor_tenant" text collate "C" null, "actor_application" text collate "C" null, "mutation" text collate "C" not null, "outcome" text collate "C" not null, "code" text collate "C" null, "object_kind" text collate "C" null, "object_uid" text collate "C" null, "object_name" text collate "C" null, "before" text collate "C" null, "after" text collate "C" null, "address" text collate "C" null, "idempotency_key" text collate "C" null, "request" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('create index "audit_tenant_uid_uid_index" on "audit" ("tenant_uid", "uid")');
    this.addSql('create index "audit_tenant_uid_index" on "audit" ("tenant", "uid")');
    this.addSql('create index "audit_actor_token_uid_index" on "audit" ("actor_token", "uid")');
    this.addSql('create index "audit_object_uid_uid_index" on "audit" ("object_uid", "uid")');
    this.addSql('create index "audit_at_index" on "audit" ("at")');
  }
}
