import { Migration } from '@mikro-orm/migrations';

/** The certificates that load balancers speak TLS with, and when their ends were told. */
export class Certificates extends Migration {
  override up(): void {
    this.addSql(
      'create table `certificate` (`uid` text not null primary key, `tenant` text not null, `owner` text not null, `name` text not null, `version` integer not null, `is_default` integer not null, `hosts` text not null, `not_after` double not null, `fingerprint` text not null, `noticed_days` integer null, `updated_at` double not null, `updated_by` text not null, `sealed` text not null)',
    );
    this.addSql('create unique index `certificate_owner_name_unique` on `certificate` (`owner`, `name`)');
  }
}
