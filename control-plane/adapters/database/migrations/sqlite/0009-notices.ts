import { Migration } from '@mikro-orm/migrations';

/** Who is told of events, and how far each has come. */
export class Notices extends Migration {
  override up(): void {
    this.addSql(
      'create table `notice` (`uid` text not null primary key, `tenant` text not null, `name` text not null, `application` text null, `url` text not null, `types` text not null, `version` integer not null, `created_at` double not null, `created_by` text not null, `disabled` text null, `sealed` text not null)',
    );
    this.addSql('create unique index `notice_tenant_name_unique` on `notice` (`tenant`, `name`)');
    this.addSql(
      'create table `notice_progress` (`uid` text not null primary key, `tenant` text not null, `after` double not null, `failures` integer not null, `failing_since` double null, `dropped` integer not null, `last_success` text null, `last_error` text null)',
    );
  }
}
