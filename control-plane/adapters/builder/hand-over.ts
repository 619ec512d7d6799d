/** Lending a build's folders to the tenant's user, and taking them back. */
import { execFile } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { chmod, chown, lchown, mkdir, mkdtemp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BuildError } from '../../app/errors.ts';
import { listPids, ownerOf } from '../process/kernel.ts';
import { removeTree } from '../users/access.ts';

const run = promisify(execFile);
const ROUND_MILLISECONDS = 10;
const LAST_ROUND = 500;

/** Gives the scratch copy, into which nobody else could look until now, to the tenant's user. */
export async function lend(directory: string, user: number): Promise<void> {
  await run('chown', ['-R', '-h', `${user}:${user}`, '--', directory]);
}

/**
 * Takes the scratch copy back, so that root can read it: from now on the tenant's other processes find no way into it, and those
 * that are in it already are ended. Otherwise one of them could put a link to anything in the place of a file that is packed.
 */
export async function takeBack(directory: string, user: number): Promise<void> {
  await chown(directory, 0, 0);
  await chmod(directory, 0o700);
  for (let round = 0; ; round += 1) {
    const holders = listPids().filter((pid) => ownerOf(pid) === user && holds(pid, directory));
    if (holders.length === 0) return;
    if (round === LAST_ROUND)
      throw new BuildError('BUILD_FAILED', `processes ${holders.join(', ')} of the build do not end on SIGKILL`);
    for (const pid of holders) kill(pid);
    await delay(ROUND_MILLISECONDS);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether a process has the folder, or anything in it, open or as its own folder. */
function holds(pid: number, directory: string): boolean {
  const links = [`/proc/${pid}/cwd`, `/proc/${pid}/root`];
  const files = unlessGone(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return [...links, ...files.map((file) => `/proc/${pid}/fd/${file}`)].some((link) => {
    const target = unlessGone(() => readlinkSync(link));
    return target === directory || target?.startsWith(`${directory}/`) === true;
  });
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** Makes a folder for the user; the one that is there already stays, if it is that user's. */
export async function ownFolder(path: string, user: number): Promise<void> {
  const owner = await stat(path).then(
    ({ uid }) => uid,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (owner === user) return;
  if (owner !== undefined) await removeTree(path);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await lchown(path, user, user);
}

/** A new folder for temporary files in the cache; the user's, if there is one. */
export async function temporaryFolder(cacheDirectory: string, user: number | undefined): Promise<string> {
  const path = await mkdtemp(join(cacheDirectory, 'tmp-'));
  if (user !== undefined) await lchown(path, user, user);
  return path;
}
