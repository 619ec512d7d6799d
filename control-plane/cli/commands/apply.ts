/** `apply`: sends manifests as they are; the control plane checks them and names file and line of what is wrong. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatManifestError } from '../../../schema/manifests/problem.ts';
import { readText } from '../../../schema/manifests/read-documents.ts';
import type { Session } from '../client/session.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { Apply, type ApplyMutation } from '../generated/operations.ts';
import { say, type Io } from '../io.ts';
import { word } from '../output/text.ts';

type Applied = NonNullable<ApplyMutation['apply']['objects']>[number];

const MANIFEST = /\.(ya?ml|json)$/;

/** Files are applied one after the other; what could not be is said at the end of all, and the command fails. */
export async function apply(
  session: Session,
  options: { readonly file: readonly string[]; readonly dryRun?: boolean },
): Promise<void> {
  const { io, printer } = session;
  const applied: Applied[] = [];
  const failures: Error[] = [];
  for (const { name, bytes } of await readManifests(io, options.file)) {
    try {
      const text = textOf(bytes, name);
      applied.push(...(await applyText(session, { manifests: text, fileName: name, dryRun: options.dryRun ?? false })));
    } catch (error) {
      if (!(error instanceof CliError) || error.exit === EXIT.unauthenticated) throw error;
      failures.push(error);
    }
  }
  const suffix = options.dryRun === true ? ' (dry run)' : '';
  if (printer.format === 'table') {
    for (const object of applied)
      await printer.item(object, () => `${object.kind} ${object.name} ${word(object.result)}${suffix}`);
  } else {
    await printer.value(applied);
  }
  for (const { warnings } of applied) for (const warning of warnings) say(io, `warning: ${warning}`);
  if (failures.length > 0) throw new CliError(EXIT.failed, failures.map((failure) => failure.message).join('\n'));
}

/** Throws `CliError` with the control plane's reasons. */
export async function applyText(
  session: Session,
  input: {
    readonly manifests: string;
    readonly fileName: string;
    readonly dryRun?: boolean;
    readonly expectedGeneration?: number;
  },
): Promise<readonly Applied[]> {
  const tenant = session.tenant === undefined ? {} : { tenant: session.tenant };
  return (await session.client.mutate(Apply, { ...input, ...tenant })).objects ?? [];
}

async function readManifests(io: Io, paths: readonly string[]): Promise<{ name: string; bytes: Uint8Array }[]> {
  const found: { name: string; bytes: Uint8Array }[] = [];
  for (const path of paths) {
    if (path === '-') {
      found.push({ name: 'stdin', bytes: await readAll(io) });
      continue;
    }
    for (const name of await manifestFiles(io.cwd, path)) {
      found.push({ name, bytes: await readFile(resolve(io.cwd, name)) });
    }
  }
  if (found.length === 0) say(io, 'there are no manifests');
  return found;
}

/** Throws `CliError` for what would be another text, or none, at the control plane. */
function textOf(bytes: Uint8Array, name: string): string {
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
