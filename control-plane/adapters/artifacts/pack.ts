/** A folder as a tar stream that depends on nothing but names, contents and who may execute what. */
import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Pack } from 'tar';
import { isTargetInside, MAX_ARCHIVE_ENTRIES, MAX_ARCHIVE_PATH_CHARACTERS } from '../../../schema/agent/archive.ts';
import { ArtifactError } from '../../app/errors.ts';
import { staysInside } from './links.ts';

interface Entry {
  /** Relative, with `/`. */
  readonly path: string;
  readonly stats: Stats;
}

/**
 * The tar of a folder: entries sorted by name, no owner, one fixed time, files 0755 or 0644, folders 0755, hard links as
 * files of their own. Throws `ArtifactError` ARTIFACT_INVALID for what no artifact can hold: devices, sockets, pipes, names
 * that are not UTF-8, links that leave the folder, and what agents do not unpack.
 */
export async function tarOf(directory: string): Promise<AsyncIterable<Buffer>> {
  const entries: Entry[] = [];
  await collect(directory, '', entries);
  const pack = new Pack({
    cwd: directory,
    portable: true,
    mtime: new Date(0),
    noDirRecurse: true,
    strict: true,
    statCache: new Map(entries.map(({ path, stats }) => [join(directory, path), stats])),
  });
  for (const { path } of entries) pack.add(path);
  pack.end();
  return pack;
}

async function collect(root: string, folder: string, entries: Entry[]): Promise<void> {
  const names = await readdir(join(root, folder));
  for (const name of names.sort(byBytes)) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (name.includes('\uFFFD')) throw invalid(path, 'has a name that is not UTF-8');
    if (path.length > MAX_ARCHIVE_PATH_CHARACTERS)
      throw invalid(path, `has a path of more than ${MAX_ARCHIVE_PATH_CHARACTERS} characters`);
    const stats = await lstat(join(root, path));
    if (stats.isSymbolicLink()) {
      if (!(await staysInside(root, path)))
        throw invalid(path, 'is a link that leads out of the folder or in a circle');
      if (!isTargetInside(path.split('/'), await readlink(join(root, path))))
        throw invalid(path, 'is a link that goes down and up again (a/../b); name what it leads to by its own path');
    } else if (!stats.isFile() && !stats.isDirectory())
      throw invalid(path, 'is neither a file nor a folder nor a link');
    entries.push({ path, stats: normalised(stats) });
    if (entries.length > MAX_ARCHIVE_ENTRIES)
      throw new ArtifactError(
        'ARTIFACT_TOO_LARGE',
        `more than ${MAX_ARCHIVE_ENTRIES} files; leave out what is not needed to run`,
      );
    if (stats.isDirectory()) await collect(root, path, entries);
  }
}

/** The order of names in a folder. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function invalid(path: string, why: string): ArtifactError {
  return new ArtifactError(
    'ARTIFACT_INVALID',
    `${JSON.stringify(path.slice(0, 200))} ${why}; an artifact cannot hold it`,
  );
}

function normalised(stats: Stats): Stats {
  const isOpen = stats.isDirectory() || stats.isSymbolicLink() || (stats.mode & 0o111) !== 0;
  stats.mode = (stats.mode & ~0o7777) | (isOpen ? 0o755 : 0o644);
  stats.nlink = 1;
  return stats;
}
