import { Migration } from '@mikro-orm/migrations';

/** Kubernetes clusters that instances may run in. */
export class HostClusters extends Migration {
  override up(): void {
    this.addSql(
      'create table `host_cluster` (`uid` text not null primary key, `name` text not null, `tenant` text not null, `generation` integer not null, `created_at` double not null, `updated_at` double not null, `updated_by` text not null, `cluster_uid` text not null, `server` text not null, `context` text not null, `credential_kind` text not null, `version` integer not null, `credential_ends_at` double null, `noticed_days` integer null, `broker_url` text not null, `control_plane_url` text not null, `ca` text null, `draining_since` double null, `probe` text not null, `sealed` text not null)',
    );
    this.addSql('create unique index `host_cluster_name_unique` on `host_cluster` (`name`)');
    this.addSql('create unique index `host_cluster_cluster_uid_unique` on `host_cluster` (`cluster_uid`)');
  }
}
