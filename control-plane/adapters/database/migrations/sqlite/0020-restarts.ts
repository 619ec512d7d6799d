import { Migration } from '@mikro-orm/migrations';

/** Which releases are others once more. */
export class Restarts extends Migration {
  override up(): void {
    this.addSql('alter table `release` add column `restart_of` text null');
  }
}
