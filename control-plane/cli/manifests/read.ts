/** Manifests as files: found, read and checked to be text; what is in them is the control plane's to judge. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatManifestError } from '../../../schema/manifests/problem.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import type { Io } from '../io.ts';

export interface ManifestFile {
  /** As errors name it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const MANIFEST = /\.(ya?ml|json)$/;

/** All that the paths name: files, folders (what is in them, by name) and `-` for stdin. Throws a usage error for what is not there. */
export async function readManifests(io: Io, paths: readonly string[]): Promise<readonly ManifestFile[]> {
  const found: ManifestFile[] = [];
  for (const path of paths) {
    if (path === '-') {
      found.push({ name: 'stdin', bytes: await readAll(io) });
      continue;
    }
    for (const name of await manifestFiles(io.cwd, path)) {
      found.push({ name, bytes: await readOne(io.cwd, name) });
    }
  }
  return found;
}

async function readOne(cwd: string, name: string): Promise<Buffer> {
  try {
    return await readFile(resolve(cwd, name));
  } catch (error) {
    throw usage(`${name} cannot be read: ${(error as Error).message}`);
  }
}

/** Throws `CliError` for what would be another text, or none, at the control plane. */
export async function textOf({ bytes, name }: ManifestFile): Promise<string> {
  const { readText } = await import('../../../schema/manifests/read-documents.ts');
  const read = readText(bytes, name);
  if (!read.ok) throw new CliError(EXIT.failed, formatManifestError(read.error));
  return read.text;
}

/** The file itself, or the manifests of a folder in the order of their names. */
async function manifestFiles(cwd: string, path: string): Promise<string[]> {
  const absolute = resolve(cwd, path);
  const found = await stat(absolute).catch((error: NodeJS.ErrnoException) => {
    throw usage(`${path}: ${error.code === 'ENOENT' ? 'there is no such file or folder' : error.message}`);
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(absolute)).filter((name) => MANIFEST.test(name)).sort();
  if (names.length === 0) throw usage(`${path}: the folder holds no *.yaml, *.yml or *.json`);
  return names.map((name) => join(path, name));
}

async function readAll(io: Io): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk as Uint8Array | string));
  return Buffer.concat(chunks);
}
