import { Migration } from '@mikro-orm/migrations';

/** Where an instance is: the host cluster and the partition. */
export class Placement extends Migration {
  override up(): void {
    this.addSql('alter table `instance` add column `placement` text null');
  }
}
