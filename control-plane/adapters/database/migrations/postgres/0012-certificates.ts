import { Migration } from '@mikro-orm/migrations';

/** The certificates that load balancers speak TLS with, and when their ends were told. */
export class Certificates extends Migration {
  override up(): void {
    this.addSql(
      'create table "certificate" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "owner" text collate "C" not null, "name" text collate "C" not null, "version" bigint not null, "is_default" boolean not null, "hosts" text collate "C" not null, "not_after" double precision not null, "fingerprint" text collate "C" not null, "noticed_days" bigint null, "updated_at" double precision not null, "updated_by" text collate "C" not null, "sealed" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('alter table "certificate" add constraint "certificate_owner_name_unique" unique ("owner", "name")');
  }
}
