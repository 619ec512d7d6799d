import { Migration } from '@mikro-orm/migrations';

/** Secrets of webhooks and notices that were replaced and count for a while. */
export class FormerSecrets extends Migration {
  override up(): void {
    this.addSql('alter table `notice` add column `former_secret` text null');
    this.addSql('alter table `webhook` add column `former_secret` text null');
  }
}
