/** Reads the cartridges of a folder: one sub-folder each, with a `cartridge.yaml` and its hooks. */
import { constants } from 'node:fs';
import { access, readFile, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { HOOKS, type CartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import { HOOKS_FOLDER, withFoundHooks } from '../../../schema/manifests/found-hooks.ts';
import { parseManifests } from '../../../schema/manifests/parse.ts';
import { formatManifestError } from '../../../schema/manifests/problem.ts';
import { CartwrightError } from '../../app/errors.ts';

const MANIFEST_FILE = 'cartridge.yaml';

export interface LoadedCartridge {
  /** Absolute path of the cartridge's folder. */
  readonly directory: string;
  readonly manifest: CartridgeManifest;
}

/** Code: CARTRIDGES_INVALID. The message has one line a problem, each with the file that it is about. */
export class CartridgeError extends CartwrightError {}

/**
 * Every cartridge below `directory`, by name. Folders without a `cartridge.yaml` are none. Throws {@link CartridgeError} with
 * everything that is wrong with any of them: manifests, a folder named otherwise than its cartridge, hooks that are missing,
 * not executable or outside of the folder.
 */
export async function loadCartridges(directory: string): Promise<LoadedCartridge[]> {
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
    if (parsed.manifests.length !== 1) {
      problems.push(`${file}: expected one manifest, found ${parsed.manifests.length}`);
      continue;
    }
    const manifest = withFoundHooks(parsed.manifests[0] as CartridgeManifest, await hooksIn(folder));
    problems.push(...(await problemsOf(folder, name, manifest)).map((problem) => `${file}: ${problem}`));
    loaded.push({ directory: resolve(folder), manifest });
  }
  if (problems.length > 0) throw new CartridgeError('CARTRIDGES_INVALID', problems.join('\n'));
  return loaded;
}

/** Whether a folder still is there and holds a cartridge. */
export async function isCartridge(folder: string): Promise<boolean> {
  return (await readOptional(join(folder, MANIFEST_FILE))) !== undefined;
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

/** Names of hooks that are files of the folder `hooks`. */
async function hooksIn(folder: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const name of HOOKS) if (await isFile(join(folder, HOOKS_FOLDER, name))) found.add(name);
  return found;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}

async function problemsOf(folder: string, name: string, { metadata, spec }: CartridgeManifest): Promise<string[]> {
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
