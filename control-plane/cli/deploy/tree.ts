/**
 * Which files of a folder are its source: all but those that .gitignore and .cartwrightignore leave out, .git and node_modules.
 *
 * The files may stand in every folder and hold for what is below them; a deeper one wins over a higher one, and in one folder
 * .cartwrightignore wins over .gitignore. Patterns as in gitignore(5); what is ignored as a folder is not looked into.
 */
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join, posix } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { CliError, EXIT, usage } from '../exit.ts';

export interface SourceTree {
  readonly directory: string;
  /** Paths relative to the folder, with slashes, sorted. */
  readonly files: readonly string[];
  /** Size of the files together. */
  readonly bytes: number;
  /** Sockets, devices and pipes, which no archive can hold. */
  readonly skipped: readonly string[];
}

const IGNORE_FILES = ['.gitignore', '.cartwrightignore'];
const ALWAYS_IGNORED = new Set(['.git', 'node_modules']);

/** The rules of one folder, and of those above it. */
interface Rules {
  /** The folder, relative to the root with a slash at its end; empty for the root. */
  readonly folder: string;
  readonly rules: Ignore;
  readonly above: Rules | undefined;
}

interface Found {
  readonly files: string[];
  readonly skipped: string[];
  bytes: number;
}

/** Throws `CliError` when there is no such folder, nothing is left of it, or a link leads out of it. */
export async function readTree(directory: string): Promise<SourceTree> {
  const found: Found = { files: [], skipped: [], bytes: 0 };
  await walk(directory, '', undefined, found);
  if (found.files.length === 0) {
    throw new CliError(
      EXIT.failed,
      `${directory} holds nothing to deploy: it is empty, or everything in it is ignored`,
    );
  }
  found.files.sort((a, b) => (a < b ? -1 : 1));
  return { directory, ...found };
}

async function walk(root: string, folder: string, above: Rules | undefined, found: Found): Promise<void> {
  const entries = await list(root, folder);
  const rules = await readRules(root, folder, entries, above);
  for (const entry of entries) {
    const path = `${folder}${entry.name}`;
    if (ALWAYS_IGNORED.has(entry.name) || isIgnored(rules, path, entry.isDirectory())) continue;
    if (entry.isDirectory()) {
      await walk(root, `${path}/`, rules, found);
    } else if (entry.isFile()) {
      found.files.push(path);
      found.bytes += (await lstat(join(root, path))).size;
    } else if (entry.isSymbolicLink()) {
      checkLink(path, await readlink(join(root, path)));
      found.files.push(path);
    } else {
      found.skipped.push(path);
    }
  }
}

async function list(root: string, folder: string): Promise<Dirent[]> {
  try {
    return await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (folder === '' && code === 'ENOENT') throw usage(`there is no folder ${root}`);
    if (folder === '' && code === 'ENOTDIR') throw usage(`${root} is no folder`);
    throw new CliError(EXIT.failed, `${join(root, folder)} cannot be read: ${message}`, { cause: error });
  }
}

async function readRules(
  root: string,
  folder: string,
  entries: readonly Dirent[],
  above: Rules | undefined,
): Promise<Rules> {
  const rules = ignore();
  for (const name of IGNORE_FILES) {
    const isThere = entries.some((entry) => entry.name === name && entry.isFile());
    if (isThere) rules.add(await readFile(join(root, folder, name), 'utf8'));
  }
  return { folder, rules, above };
}

/** The deepest folder with an opinion decides. */
function isIgnored(rules: Rules, path: string, isDirectory: boolean): boolean {
  for (let at: Rules | undefined = rules; at !== undefined; at = at.above) {
    const { ignored, unignored } = at.rules.test(`${path.slice(at.folder.length)}${isDirectory ? '/' : ''}`);
    if (ignored || unignored) return ignored;
  }
  return false;
}

/** A link may lead anywhere inside the tree; one that leads out of it would be another file where the application runs. */
function checkLink(path: string, target: string): void {
  const leadsTo = posix.normalize(posix.join(posix.dirname(path), target));
  if (!posix.isAbsolute(target) && leadsTo !== '..' && !leadsTo.startsWith('../')) return;
  throw new CliError(
    EXIT.failed,
    `${path} links to ${target}, outside of the folder: replace the link by what it leads to, or name it in .cartwrightignore`,
  );
}
