/**
 * One control plane a data folder. The lock is the kernel's, on a file of its own: it goes with the process that holds it,
 * however that ends, and nothing has to be cleaned up after a SIGKILL.
 *
 * Node has no `flock`; SQLite has one inside: an exclusive transaction that is never committed, on an empty database.
 * POSIX drops such a lock when *any* descriptor of the file is closed in the process that holds it, so nothing else may open
 * `lock.db` there; a backup leaves it out.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CartwrightError } from '../../app/errors.ts';
import { codeOf, message } from './failure.ts';
import { sqliteFailureOf } from './sqlite/failure.ts';

export interface DataFolderLock {
  close(): Promise<void>;
}

/** Whether several control planes may be on the folder: those that a lease in PostgreSQL keeps apart. */
type LockMode = 'alone' | 'shared';

const LOCK_FILE = 'lock.db';
const PID_FILE = 'lock.pid';

/** A connection that nothing refers to is closed by the garbage collector, and the lock would go with it. */
const HELD = new Set<DatabaseSync>();

/**
 * Locks the folder for this process, creating it (mode 0700) where it is missing. `shared`: together with others of this mode,
 * and against those that want it alone.
 *
 * Throws `CartwrightError` DATA_FOLDER_IN_USE (naming the holder's process id where it is known) or
 * DATA_FOLDER_NOT_WRITABLE.
 */
export async function lockDataFolder(directory: string, mode: LockMode = 'alone'): Promise<DataFolderLock> {
  const pidFile = join(directory, PID_FILE);
  let database: DatabaseSync | undefined;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(directory, LOCK_FILE), { timeout: 0 });
    // Reading takes SQLite's shared lock, until the transaction ends.
    database.exec(mode === 'alone' ? 'begin exclusive' : 'begin; select * from sqlite_master');
    if (mode === 'alone') await writeFile(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    database?.close();
    if (sqliteFailureOf(error) === 'busy') throw await inUse(directory, pidFile, error);
    throw new CartwrightError(
      'DATA_FOLDER_NOT_WRITABLE',
      `the data folder ${directory} cannot be written: ${message(error)}; choose a folder that this user may write`,
      { cause: error },
    );
  }
  const held = database;
  HELD.add(held);
  return {
    close: async () => {
      if (!held.isOpen) return;
      if (mode === 'alone') await rm(pidFile, { force: true });
      held.close();
      HELD.delete(held);
    },
  };
}

async function inUse(directory: string, pidFile: string, cause: unknown): Promise<CartwrightError> {
  const pid = await holder(pidFile);
  return new CartwrightError(
    'DATA_FOLDER_IN_USE',
    `another control plane${pid === undefined ? '' : ` (process ${pid})`} runs on the data folder ${directory}; stop it, or start this one with another folder`,
    { cause },
  );
}

/** The file is only a note: it says nothing unless the process in it is there. */
async function holder(pidFile: string): Promise<number | undefined> {
  const pid = await readFile(pidFile, 'utf8').then(Number, () => Number.NaN);
  return Number.isSafeInteger(pid) && pid > 0 && isRunning(pid) ? pid : undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, as another user.
    return codeOf(error) === 'EPERM';
  }
}
