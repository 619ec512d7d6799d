import { Migration } from '@mikro-orm/migrations';

/** Every table of the first release. */
export class Initial extends Migration {
  override up(): void {
    this.addSql(
      'create table "application" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "name" text collate "C" not null, "generation" bigint not null, "created_at" double precision not null, "updated_at" double precision not null, "deleting_since" double precision null, "manifest" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('alter table "application" add constraint "application_tenant_name_unique" unique ("tenant", "name")');
    this.addSql(
      'create table "artifact" ("uid" text collate "C" not null, "bytes" double precision not null, "created_at" double precision not null, primary key ("uid"))',
    );
    this.addSql(
      'create table "build" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "cluster" text collate "C" not null, "source" text collate "C" not null, "state" text collate "C" not null, "created_at" double precision not null, "started_at" double precision null, "finished_at" double precision null, "artifact" text collate "C" null, "error" text collate "C" null, primary key ("uid"))',
    );
    this.addSql('create index "build_cluster_uid_index" on "build" ("cluster", "uid")');
    this.addSql('create index "build_source_index" on "build" ("source")');
    this.addSql('create index "build_state_index" on "build" ("state")');
    this.addSql(
      'create table "cartridge" ("uid" text collate "C" not null, "name" text collate "C" not null, "generation" bigint not null, "directory" text collate "C" not null, "manifest" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('alter table "cartridge" add constraint "cartridge_name_unique" unique ("name")');
    this.addSql(
      'create table "cluster" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "application" text collate "C" not null, "application_uid" text collate "C" not null, "alias" text collate "C" not null, "cartridge" text collate "C" not null, "generation" bigint not null, "created_at" double precision not null, "deleting_since" double precision null, "wanted" bigint not null, "epoch" bigint not null, "desired_generation" bigint not null, "topology_generation" bigint not null, "stable_release" text collate "C" null, "candidate_release" text collate "C" null, "public_port" bigint null, "override" text collate "C" null, "paused" text collate "C" null, "shadow" boolean not null, "start_seconds" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('create index "cluster_application_uid_index" on "cluster" ("application_uid")');
    this.addSql(
      'alter table "cluster" add constraint "cluster_tenant_application_alias_unique" unique ("tenant", "application", "alias")',
    );
    this.addSql(
      'create table "decision" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "cluster" text collate "C" not null, "at" double precision not null, "last_at" double precision not null, "count" bigint not null, "acted" boolean not null, "reason_code" text collate "C" not null, "from" bigint not null, "to" bigint not null, "sentence" text collate "C" not null, "decision" text collate "C" not null, "input" text collate "C" null, primary key ("uid"))',
    );
    this.addSql('create index "decision_cluster_uid_index" on "decision" ("cluster", "uid")');
    this.addSql('create index "decision_cluster_acted_uid_index" on "decision" ("cluster", "acted", "uid")');
    this.addSql('create index "decision_last_at_index" on "decision" ("last_at")');
    this.addSql(
      'create table "event" ("sequence" bigserial primary key, "uid" text collate "C" not null, "at" double precision not null, "tenant" text collate "C" null, "subject_kind" text collate "C" not null, "subject_uid" text collate "C" not null, "subject_name" text collate "C" not null, "type" text collate "C" not null, "cause" text collate "C" null, "data" text collate "C" not null)',
    );
    this.addSql('create index "event_tenant_sequence_index" on "event" ("tenant", "sequence")');
    this.addSql('create index "event_subject_uid_sequence_index" on "event" ("subject_uid", "sequence")');
    this.addSql('create index "event_type_sequence_index" on "event" ("type", "sequence")');
    this.addSql('create index "event_at_index" on "event" ("at")');
    this.addSql('alter table "event" add constraint "event_uid_unique" unique ("uid")');
    this.addSql(
      'create table "idempotency" ("uid" text collate "C" not null, "at" double precision not null, "result" text collate "C" null, primary key ("uid"))',
    );
    this.addSql('create index "idempotency_at_index" on "idempotency" ("at")');
    this.addSql(
      'create table "instance" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "application" text collate "C" not null, "alias" text collate "C" not null, "cluster" text collate "C" not null, "state" text collate "C" not null, "unreachable" boolean not null, "reason" text collate "C" null, "created_at" double precision not null, "active_at" double precision null, "terminated_at" double precision null, "host" text collate "C" null, "port" bigint null, "release" text collate "C" null, "token_hash" text collate "C" not null, "cause" text collate "C" null, "draining" text collate "C" null, "inventory" text collate "C" null, primary key ("uid"))',
    );
    this.addSql('create index "instance_cluster_uid_index" on "instance" ("cluster", "uid")');
    this.addSql('create index "instance_tenant_state_index" on "instance" ("tenant", "state")');
    this.addSql('create index "instance_state_terminated_at_index" on "instance" ("state", "terminated_at")');
    this.addSql('create index "instance_release_index" on "instance" ("release")');
    this.addSql(
      'create table "lease" ("uid" text collate "C" not null, "holder" text collate "C" not null, "fence" bigint not null, "acquired_at" double precision not null, primary key ("uid"))',
    );
    this.addSql(
      'create table "policy" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "name" text collate "C" not null, "kind" text collate "C" not null, "generation" bigint not null, "updated_at" double precision not null, "manifest" text collate "C" null, primary key ("uid"))',
    );
    this.addSql(
      'alter table "policy" add constraint "policy_tenant_kind_name_unique" unique ("tenant", "kind", "name")',
    );
    this.addSql(
      'create table "release" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "cluster" text collate "C" not null, "number" bigint not null, "created_at" double precision not null, "created_by" text collate "C" not null, "artifact" text collate "C" null, "source" text collate "C" null, "build" text collate "C" null, "cartridge" text collate "C" not null, "configuration" text collate "C" not null, "configuration_digest" text collate "C" not null, "state" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('create index "release_cluster_uid_index" on "release" ("cluster", "uid")');
    this.addSql('alter table "release" add constraint "release_cluster_number_unique" unique ("cluster", "number")');
    this.addSql(
      'create table "rollout" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "cluster" text collate "C" not null, "from" text collate "C" null, "to" text collate "C" not null, "state" text collate "C" not null, "created_at" double precision not null, "finished_at" double precision null, "reason" text collate "C" null, "instances" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('create index "rollout_cluster_uid_index" on "rollout" ("cluster", "uid")');
    this.addSql('create index "rollout_state_index" on "rollout" ("state")');
    this.addSql(
      'create table "setting" ("uid" text collate "C" not null, "value" text collate "C" null, primary key ("uid"))',
    );
    this.addSql(
      'create table "source" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "cluster" text collate "C" not null, "created_at" double precision not null, "origin" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('create index "source_cluster_uid_index" on "source" ("cluster", "uid")');
    this.addSql(
      'create table "tenant" ("uid" text collate "C" not null, "name" text collate "C" not null, "created_at" double precision not null, "quota_instances" bigint not null, primary key ("uid"))',
    );
    this.addSql('alter table "tenant" add constraint "tenant_name_unique" unique ("name")');
    this.addSql(
      'create table "token" ("uid" text collate "C" not null, "name" text collate "C" not null, "hash" text collate "C" not null, "tenant" text collate "C" null, "role" text collate "C" not null, "created_at" double precision not null, "expires_at" double precision null, "revoked_at" double precision null, primary key ("uid"))',
    );
    this.addSql('create index "token_tenant_uid_index" on "token" ("tenant", "uid")');
    this.addSql('alter table "token" add constraint "token_hash_unique" unique ("hash")');
    // Every writing transaction locks this row: it is there from the first one on.
    this.addSql("insert into lease (uid, holder, fence, acquired_at) values ('control-plane', '', 0, 0)");
  }
}
