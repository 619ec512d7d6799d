import { Migration } from '@mikro-orm/migrations';

/** Kubernetes clusters that instances may run in. */
export class HostClusters extends Migration {
  override up(): void {
    this.addSql(
      'create table "host_cluster" ("uid" text collate "C" not null, "name" text collate "C" not null, "tenant" text collate "C" not null, "generation" bigint not null, "created_at" double precision not null, "updated_at" double precision not null, "updated_by" text collate "C" not null, "cluster_uid" text collate "C" not null, "server" text collate "C" not null, "context" text collate "C" not null, "credential_kind" text collate "C" not null, "version" bigint not null, "credential_ends_at" double precision null, "noticed_days" bigint null, "broker_url" text collate "C" not null, "control_plane_url" text collate "C" not null, "ca" text collate "C" null, "draining_since" double precision null, "probe" text collate "C" not null, "sealed" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('alter table "host_cluster" add constraint "host_cluster_name_unique" unique ("name")');
    this.addSql('alter table "host_cluster" add constraint "host_cluster_cluster_uid_unique" unique ("cluster_uid")');
  }
}
