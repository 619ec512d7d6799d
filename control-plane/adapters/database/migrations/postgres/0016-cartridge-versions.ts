import { Migration } from '@mikro-orm/migrations';

/** Which version of a cartridge is the present one, and which policies were in force when a release was made. */
export class CartridgeVersions extends Migration {
  override up(): void {
    this.addSql('alter table "cartridge" add "digest" text collate "C" null');
    this.addSql('alter table "release" add "policies" text collate "C" null');
  }
}
