import { Migration } from '@mikro-orm/migrations';

/** What people set over the manifests, and the versions of secrets. */
export class ConfigurationAndSecrets extends Migration {
  override up(): void {
    this.addSql(
      'create table `configuration` (`uid` text not null primary key, `tenant` text not null, `generation` integer not null, `updated_at` double not null, `updated_by` text not null, `variables` text not null)',
    );
    this.addSql(
      'create table `secret_version` (`uid` text not null primary key, `tenant` text not null, `owner` text not null, `name` text not null, `version` integer not null, `delivery` text not null, `created_at` double not null, `created_by` text not null, `retired_at` double null, `revoked_at` double null, `revoked_by` text null, `sealed` text null)',
    );
    this.addSql(
      'create unique index `secret_version_owner_name_version_unique` on `secret_version` (`owner`, `name`, `version`)',
    );
  }
}
