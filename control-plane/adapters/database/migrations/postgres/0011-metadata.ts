import { Migration } from '@mikro-orm/migrations';

/** Key-values that applications read while they run. */
export class Metadata extends Migration {
  override up(): void {
    this.addSql(
      'create table "metadata" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "generation" bigint not null, "updated_at" double precision not null, "updated_by" text collate "C" not null, "entries" text collate "C" not null, primary key ("uid"))',
    );
  }
}
