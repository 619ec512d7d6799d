import { Migration } from '@mikro-orm/migrations';

/** Every table of the first release. */
export class Initial extends Migration {
  override up(): void {
    this.addSql(
      'create table `application` (`uid` text not null primary key, `tenant` text not null, `name` text not null, `generation` integer not null, `created_at` double not null, `updated_at` double not null, `deleting_since` double null, `manifest` text not null)',
    );
    this.addSql('create unique index `application_tenant_name_unique` on `application` (`tenant`, `name`)');
    this.addSql(
      'create table `artifact` (`uid` text not null primary key, `bytes` double not null, `created_at` double not null)',
    );
    this.addSql(
      'create table `build` (`uid` text not null primary key, `tenant` text not null, `cluster` text not null, `source` text not null, `state` text not null, `created_at` double not null, `started_at` double null, `finished_at` double null, `artifact` text null, `error` text null)',
    );
    this.addSql('create index `build_cluster_uid_index` on `build` (`cluster`, `uid`)');
    this.addSql('create index `build_source_index` on `build` (`source`)');
    this.addSql('create index `build_state_index` on `build` (`state`)');
    this.addSql(
      'create table `cartridge` (`uid` text not null primary key, `name` text not null, `generation` integer not null, `directory` text not null, `manifest` text not null)',
    );
    this.addSql('create unique index `cartridge_name_unique` on `cartridge` (`name`)');
    this.addSql(
      'create table `cluster` (`uid` text not null primary key, `tenant` text not null, `application` text not null, `application_uid` text not null, `alias` text not null, `cartridge` text not null, `generation` integer not null, `created_at` double not null, `deleting_since` double null, `wanted` integer not null, `epoch` integer not null, `desired_generation` integer not null, `topology_generation` integer not null, `stable_release` text null, `candidate_release` text null, `public_port` integer null, `override` text null, `paused` text null, `shadow` integer not null, `start_seconds` text not null)',
    );
    this.addSql('create index `cluster_application_uid_index` on `cluster` (`application_uid`)');
    this.addSql(
      'create unique index `cluster_tenant_application_alias_unique` on `cluster` (`tenant`, `application`, `alias`)',
    );
    this.addSql(
      'create table `decision` (`uid` text not null primary key, `tenant` text not null, `cluster` text not null, `at` double not null, `last_at` double not null, `count` integer not null, `acted` integer not null, `reason_code` text not null, `from` integer not null, `to` integer not null, `sentence` text not null, `decision` text not null, `input` text null)',
    );
    this.addSql('create index `decision_cluster_uid_index` on `decision` (`cluster`, `uid`)');
    this.addSql('create index `decision_cluster_acted_uid_index` on `decision` (`cluster`, `acted`, `uid`)');
    this.addSql('create index `decision_last_at_index` on `decision` (`last_at`)');
    this.addSql(
      'create table `event` (`sequence` integer not null primary key autoincrement, `uid` text not null, `at` double not null, `tenant` text null, `subject_kind` text not null, `subject_uid` text not null, `subject_name` text not null, `type` text not null, `cause` text null, `data` text not null)',
    );
    this.addSql('create index `event_tenant_sequence_index` on `event` (`tenant`, `sequence`)');
    this.addSql('create index `event_subject_uid_sequence_index` on `event` (`subject_uid`, `sequence`)');
    this.addSql('create index `event_type_sequence_index` on `event` (`type`, `sequence`)');
    this.addSql('create index `event_at_index` on `event` (`at`)');
    this.addSql('create unique index `event_uid_unique` on `event` (`uid`)');
    this.addSql(
      'create table `idempotency` (`uid` text not null primary key, `at` double not null, `result` text null)',
    );
    this.addSql('create index `idempotency_at_index` on `idempotency` (`at`)');
    this.addSql(
      'create table `instance` (`uid` text not null primary key, `tenant` text not null, `application` text not null, `alias` text not null, `cluster` text not null, `state` text not null, `unreachable` integer not null, `reason` text null, `created_at` double not null, `active_at` double null, `terminated_at` double null, `host` text null, `port` integer null, `release` text null, `token_hash` text not null, `cause` text null, `draining` text null, `inventory` text null)',
    );
    this.addSql('create index `instance_cluster_uid_index` on `instance` (`cluster`, `uid`)');
    this.addSql('create index `instance_tenant_state_index` on `instance` (`tenant`, `state`)');
    this.addSql('create index `instance_state_terminated_at_index` on `instance` (`state`, `terminated_at`)');
    this.addSql('create index `instance_release_index` on `instance` (`release`)');
    this.addSql(
      'create table `lease` (`uid` text not null primary key, `holder` text not null, `fence` integer not null, `acquired_at` double not null)',
    );
    this.addSql(
      'create table `policy` (`uid` text not null primary key, `tenant` text not null, `name` text not null, `kind` text not null, `generation` integer not null, `updated_at` double not null, `manifest` text null)',
    );
    this.addSql('create unique index `policy_tenant_kind_name_unique` on `policy` (`tenant`, `kind`, `name`)');
    this.addSql(
      'create table `release` (`uid` text not null primary key, `tenant` text not null, `cluster` text not null, `number` integer not null, `created_at` double not null, `created_by` text not null, `artifact` text null, `source` text null, `build` text null, `cartridge` text not null, `configuration` text not null, `configuration_digest` text not null, `state` text not null)',
    );
    this.addSql('create index `release_cluster_uid_index` on `release` (`cluster`, `uid`)');
    this.addSql('create unique index `release_cluster_number_unique` on `release` (`cluster`, `number`)');
    this.addSql(
      'create table `rollout` (`uid` text not null primary key, `tenant` text not null, `cluster` text not null, `from` text null, `to` text not null, `state` text not null, `created_at` double not null, `finished_at` double null, `reason` text null, `instances` text not null)',
    );
    this.addSql('create index `rollout_cluster_uid_index` on `rollout` (`cluster`, `uid`)');
    this.addSql('create index `rollout_state_index` on `rollout` (`state`)');
    this.addSql('create table `setting` (`uid` text not null primary key, `value` text null)');
    this.addSql(
      'create table `source` (`uid` text not null primary key, `tenant` text not null, `cluster` text not null, `created_at` double not null, `origin` text not null)',
    );
    this.addSql('create index `source_cluster_uid_index` on `source` (`cluster`, `uid`)');
    this.addSql(
      'create table `tenant` (`uid` text not null primary key, `name` text not null, `created_at` double not null, `quota_instances` integer not null)',
    );
    this.addSql('create unique index `tenant_name_unique` on `tenant` (`name`)');
    this.addSql(
      'create table `token` (`uid` text not null primary key, `name` text not null, `hash` text not null, `tenant` text null, `role` text not null, `created_at` double not null, `expires_at` double null, `revoked_at` double null)',
    );
    this.addSql('create index `token_tenant_uid_index` on `token` (`tenant`, `uid`)');
    this.addSql('create unique index `token_hash_unique` on `token` (`hash`)');
  }
}
