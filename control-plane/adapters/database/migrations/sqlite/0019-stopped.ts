import { Migration } from '@mikro-orm/migrations';

/** Why nothing of a service cluster runs, until it is started. */
export class Stopped extends Migration {
  override up(): void {
    this.addSql('alter table `cluster` add column `stopped` text null');
  }
}
