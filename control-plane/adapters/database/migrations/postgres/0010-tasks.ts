import { Migration } from '@mikro-orm/migrations';

/** One-off tasks. */
export class Tasks extends Migration {
  override up(): void {
    this.addSql(
      'create table "task" ("uid" text collate "C" not null, "tenant" text collate "C" not null, "application" text collate "C" not null, "alias" text collate "C" not null, "cluster" text collate "C" not null, "release" text collate "C" not null, "kind" text collate "C" not null, "command" text collate "C" not null, "state" text collate "C" not null, "timeout_seconds" bigint not null, "created_at" double precision not null, "created_by" text collate "C" not null, "finished_at" double precision null, "exit_code" bigint null, "reason" text collate "C" null, "last_lines" text collate "C" not null, "stopped_by" text collate "C" null, "token_hash" text collate "C" not null, primary key ("uid"))',
    );
    this.addSql('create index "task_cluster_uid_index" on "task" ("cluster", "uid")');
    this.addSql('create index "task_release_kind_index" on "task" ("release", "kind")');
    this.addSql('create index "task_state_index" on "task" ("state")');
    this.addSql('create index "task_finished_at_index" on "task" ("finished_at")');
    this.addSql('create index "task_token_hash_index" on "task" ("token_hash")');
  }
}
