import { Migration } from '@mikro-orm/migrations';

/** What tenants' Git sources are read with. */
export class Credentials extends Migration {
  override up(): void {
    this.addSql(
      'create table "credential" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "name" text collate "C" not null, "kind" text collate "C" not null, "hosts" text collate "C" not null, "username" text collate "C" null, "known_hosts" text collate "C" null, "version" bigint not null, "updated_at" double precision not null, "updated_by" text collate "C" not null, "sealed" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('alter table "credential" add constraint "credential_tenant_name_unique" unique ("tenant", "name")');
  }
}
