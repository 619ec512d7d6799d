import { Migration } from '@mikro-orm/migrations';

/** Key-values that applications read while they run. */
export class Metadata extends Migration {
  override up(): void {
    this.addSql(
      'create table `metadata` (`uid` text not null primary key, `tenant` text not null, `generation` integer not null, `updated_at` double not null, `updated_by` text not null, `entries` text not null)',
    );
  }
}
