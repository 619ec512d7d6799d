/**
 * The migrations of SQLite in order, listed and not searched for: the program runs from compiled files. A migration that
 * was released is never changed; the next change gets the next number.
 */
import { Initial } from './0001-initial.ts';

export const SQLITE_MIGRATIONS = [{ name: '0001-initial', class: Initial }];
