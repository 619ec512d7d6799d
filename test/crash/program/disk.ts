/**
 * Fault points around everything that writes to a folder, and around the start of processes: the functions of Node's own modules
 * are replaced, for the program and for every library in it. To be loaded before any of them.
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { relative } from 'node:path';
import type { FaultPoints } from './fault-points.ts';

type Work = (...args: unknown[]) => unknown;

const PROMISED = ['writeFile', 'appendFile', 'rename', 'mkdir', 'mkdtemp', 'rm', 'unlink', 'symlink', 'link', 'cp'];
const AT_ONCE = ['writeFileSync', 'renameSync', 'mkdirSync', 'rmSync', 'unlinkSync', 'symlinkSync'];
/** Of an open file; those that only read are left alone. */
const OF_HANDLES = ['sync', 'truncate', 'writeFile'];
/** What is made of chance: the same place in every run. */
const CHANCE =
  /[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27}|(?<=[-.])[0-9A-Za-z]{6,12}$|(?<=-)[0-9a-f]{8}(?=\/|$)|(?<=\.)[0-9a-f]{16}$|(?<=probe-)\d+/g;

/** `directory`: absolute; what lies elsewhere is no fault point. */
export function watchDisk(directory: string, points: FaultPoints): void {
  const nameOf = (call: string, args: readonly unknown[]): string | undefined => {
    const paths = args.slice(0, 2).flatMap((path) => placeOf(directory, path) ?? []);
    return paths.length === 0 ? undefined : `disk ${call.replace(/Sync$/, '')} ${paths.join(' to ')}`;
  };
  const promised = fsPromises as unknown as Record<string, Work>;
  for (const call of PROMISED) {
    replace(promised, call, (work) => (...args) => {
      const name = nameOf(call, args);
      return name === undefined ? work(...args) : points.async(name, async () => work(...args));
    });
  }
  replace(promised, 'open', (work) => async (...args) => {
    const handle = (await work(...args)) as object;
    const [path, flags] = args;
    const name = nameOf('open', [path]);
    if (name !== undefined && flags !== undefined && flags !== 'r')
      watchHandle(handle, name.replace('open', ''), points);
    return handle;
  });
  for (const call of AT_ONCE) {
    replace(fs as unknown as Record<string, Work>, call, (work) => (...args) => {
      const name = nameOf(call, args);
      return name === undefined ? work(...args) : points.sync(name, () => work(...args));
    });
  }
  replace(childProcess as unknown as Record<string, Work>, 'spawn', (work) => (...args) => {
    const { cwd } = (args[2] ?? {}) as { cwd?: string };
    const name = nameOf('spawn in', [cwd]);
    return name === undefined ? work(...args) : points.sync(name, () => work(...args));
  });
  syncBuiltinESMExports();
}

function watchHandle(handle: object, name: string, points: FaultPoints): void {
  for (const call of OF_HANDLES) {
    replace(
      handle as Record<string, Work>,
      call,
      (work) =>
        (...args) =>
          points.async(`${name.replace('disk ', `disk ${call}`)}`, async () => work.apply(handle, args)),
    );
  }
}

function replace(module: Record<string, Work>, name: string, by: (original: Work) => Work): void {
  module[name] = by(module[name]!);
}

function placeOf(directory: string, path: unknown): string | undefined {
  if (typeof path !== 'string') return undefined;
  const place = relative(directory, path);
  return place.startsWith('..') || place === '' || place.startsWith('/') ? undefined : place.replaceAll(CHANCE, '*');
}
