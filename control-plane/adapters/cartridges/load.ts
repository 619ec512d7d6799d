/** Reads the cartridges of a folder: one sub-folder each, with a `cartridge.yaml` and its hooks. */
import { constants } from 'node:fs';
import { access, readFile, readdir, realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, relative, resolve } from 'node:path';
import type { CartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import { parseManifests } from '../../../schema/manifests/parse.ts';
import { formatManifestError } from '../../../schema/manifests/problem.ts';
import { CartwrightError } from '../../app/errors.ts';

const MANIFEST_FILE = 'cartridge.yaml';

export interface LoadedCartridge {
  /** Absolute path of the cartridge's folder. */
  readonly directory: string;
  readonly manifest: CartridgeManifest;
  /** Programs that it requires and that this machine's search path does not have; usable only when there are none. */
  readonly missing: CartridgeManifest['spec']['requires'];
}

/** Code: CARTRIDGES_INVALID. The message has one line a problem, each with the file that it is about. */
export class CartridgeError extends CartwrightError {}

/**
 * Every cartridge below `directory`, by name. Folders without a `cartridge.yaml` are none; what a cartridge requires and the
 * machine lacks is told in `missing`. Throws {@link CartridgeError} with everything that is wrong with any of them: manifests,
 * a folder named otherwise than its cartridge, hooks that are missing, not executable or outside of the folder.
 *
 * @param path search path for `requires`, as in PATH
 */
export async function loadCartridges(
  directory: string,
  path: string = process.env.PATH ?? '',
): Promise<LoadedCartridge[]> {
  const problems: string[] = [];
  const loaded: LoadedCartridge[] = [];
  for (const name of await foldersOf(directory)) {
    const folder = join(directory, name);
    const file = join(folder, MANIFEST_FILE);
    const text = await readOptional(file);
    if (text === undefined) continue;
    const parsed = parseManifests(text, file, { kinds: ['Cartridge'] });
    if (!parsed.ok) {
      problems.push(...parsed.errors.map(formatManifestError));
      continue;
    }
    const found = [...(await problemsOf(folder, name, parsed.manifests))];
    problems.push(...found.map((problem) => `${file}: ${problem}`));
    const manifest = parsed.manifests[0] as CartridgeManifest;
    const missing = await missingOf(manifest, path);
    loaded.push({ directory: resolve(folder), manifest, missing });
  }
  if (problems.length > 0) throw new CartridgeError('CARTRIDGES_INVALID', problems.join('\n'));
  return loaded;
}

/** One sentence why a cartridge cannot be used on this machine; `undefined` when it can. */
export function whyUnusable({ manifest, missing }: Pick<LoadedCartridge, 'manifest' | 'missing'>): string | undefined {
  if (missing.length === 0) return undefined;
  const programs = missing.map(({ command, purpose }) => `${command} (${purpose})`).join(' and ');
  return `the cartridge ${manifest.metadata.name} needs ${programs}, which this machine's PATH does not have; install it and start again`;
}

async function foldersOf(directory: string): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    throw new CartridgeError('CARTRIDGES_INVALID', `${directory}: the folder of the cartridges cannot be read`, {
      cause: error,
    });
  }
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort();
}

async function readOptional(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CartridgeError('CARTRIDGES_INVALID', `${file}: cannot be read (${code ?? 'unknown error'})`, {
      cause: error,
    });
  }
}

async function problemsOf(folder: string, name: string, manifests: readonly { kind: string }[]): Promise<string[]> {
  if (manifests.length !== 1) return [`expected one manifest, found ${manifests.length}`];
  const { metadata, spec } = manifests[0] as CartridgeManifest;
  const problems: string[] = [];
  if (metadata.name !== name)
    problems.push(`metadata.name: expected the name of the folder, "${name}", found "${metadata.name}"`);
  if (spec.artifact.required && spec.hooks.start === undefined)
    problems.push('spec.hooks.start: is missing: expected the program that starts an application');
  for (const [hook, path] of Object.entries(spec.hooks)) {
    const problem = await hookProblem(folder, path);
    if (problem !== undefined) problems.push(`spec.hooks.${hook}: ${path} ${problem}`);
  }
  return problems;
}

async function hookProblem(folder: string, path: string): Promise<string | undefined> {
  const file = join(folder, path);
  try {
    const inside = relative(await realpath(folder), await realpath(file));
    if (inside.startsWith('..') || isAbsolute(inside)) return 'leads out of the cartridge’s folder';
    if (!(await stat(file)).isFile()) return 'is not a file';
    await access(file, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
    return code === 'EACCES' ? 'is not executable; run chmod +x on it' : `cannot be read (${code ?? 'unknown error'})`;
  }
}

async function missingOf({ spec }: CartridgeManifest, path: string): Promise<LoadedCartridge['missing']> {
  const found = await Promise.all(spec.requires.map(({ command }) => isOnPath(command, path)));
  return spec.requires.filter((_, index) => !found[index]);
}

async function isOnPath(command: string, path: string): Promise<boolean> {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  const checks = folders.map(async (folder) => {
    const file = join(folder, command);
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  });
  const results = await Promise.allSettled(checks);
  return results.some((result) => result.status === 'fulfilled' && result.value);
}
