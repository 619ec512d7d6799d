import { Migration } from '@mikro-orm/migrations';

/** Which sessions somebody has ended before their time. */
export class EndedSessions extends Migration {
  override up(): void {
    this.addSql('create table `ended_session` (`uid` text not null primary key, `expires_at` double not null)');
    this.addSql('create index `ended_session_expires_at_index` on `ended_session` (`expires_at`)');
  }
}
