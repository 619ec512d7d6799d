import { Migration } from '@mikro-orm/migrations';

/** The last hook of an instance that failed without stopping anything. */
export class HookFailures extends Migration {
  override up(): void {
    this.addSql('alter table `instance` add column `hook_failure` text null');
  }
}
