import { Migration } from '@mikro-orm/migrations';

/** One-off tasks. */
export class Tasks extends Migration {
  override up(): void {
    this.addSql(
      'create table `task` (`uid` text not null primary key, `tenant` text not null, `application` text not null, `alias` text not null, `cluster` text not null, `release` text not null, `kind` text not null, `command` text not null, `state` text not null, `timeout_seconds` integer not null, `created_at` double not null, `created_by` text not null, `finished_at` double null, `exit_code` integer null, `reason` text null, `last_lines` text not null, `stopped_by` text null, `token_hash` text not null)',
    );
    this.addSql('create index `task_cluster_uid_index` on `task` (`cluster`, `uid`)');
    this.addSql('create index `task_release_kind_index` on `task` (`release`, `kind`)');
    this.addSql('create index `task_state_index` on `task` (`state`)');
    this.addSql('create index `task_finished_at_index` on `task` (`finished_at`)');
    this.addSql('create index `task_token_hash_index` on `task` (`token_hash`)');
  }
}
