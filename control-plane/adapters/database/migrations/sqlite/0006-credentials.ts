import { Migration } from '@mikro-orm/migrations';

/** What tenants' Git sources are read with. */
export class Credentials extends Migration {
  override up(): void {
    this.addSql(
      'create table `credential` (`uid` text not null primary key, `tenant` text not null, `name` text not null, `kind` text not null, `hosts` text not null, `username` text null, `known_hosts` text null, `version` integer not null, `updated_at` double not null, `updated_by` text not null, `sealed` text not null)',
    );
    this.addSql('create unique index `credential_tenant_name_unique` on `credential` (`tenant`, `name`)');
  }
}
