import { Migration } from '@mikro-orm/migrations';

/** The token that an instance had before. */
export class TokenRenewal extends Migration {
  override up(): void {
    this.addSql('alter table `instance` add column `former_token_hash` text null');
    this.addSql('alter table `instance` add column `former_token_until` double null');
    this.addSql('alter table `instance` add column `first_token_hash` text null');
    this.addSql('create index `instance_token_hash_index` on `instance` (`token_hash`)');
    this.addSql('create index `instance_former_token_hash_index` on `instance` (`former_token_hash`)');
  }
}
