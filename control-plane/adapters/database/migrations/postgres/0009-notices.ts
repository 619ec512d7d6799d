import { Migration } from '@mikro-orm/migrations';

/** Who is told of events, and how far each has come. */
export class Notices extends Migration {
  override up(): void {
    this.addSql(
      'create table "notice" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "name" text collate "C" not null, "application" text collate "C" null, "url" text collate "C" not null, "types" text collate "C" not null, "version" bigint not null, "created_at" double precision not null, "created_by" text collate "C" not null, "disabled" text collate "C" null, "sealed" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('alter table "notice" add constraint "notice_tenant_name_unique" unique ("tenant", "name")');
    this.addSql(
      'create table "notice_progress" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "after" double precision not null, "failures" bigint not null, "failing_since" double precision null, "dropped" bigint not null, "last_success" text collate "C" null, "last_error" text collate "C" null, primary key ("uid"))',
    );
  }
}
