import { Migration } from '@mikro-orm/migrations';

/** Until when the lease is held. */
export class LeaseExpiry extends Migration {
  override up(): void {
    this.addSql('alter table `lease` add column `expires_at` double null');
  }
}
