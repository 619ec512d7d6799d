/** A process that holds the write lock of the database file named by its argument until its standard input ends. */
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync(process.argv[2] ?? '');
database.exec('begin exclusive');
process.stdout.write('locked\n');
process.stdin.resume();
process.stdin.once('end', () => {
  database.exec('rollback');
  database.close();
});
