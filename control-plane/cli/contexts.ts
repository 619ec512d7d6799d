/**
 * The control planes that a person knows, with a token each: one JSON file that only its owner may read.
 *
 * `$CARTWRIGHT_CONFIG`, else `$XDG_CONFIG_HOME/cartwright/contexts.json`, else `~/.config/cartwright/contexts.json`.
 */
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError, EXIT } from './exit.ts';

export interface Context {
  /** Base URL of the control plane, such as http://127.0.0.1:4747. */
  readonly url: string;
  readonly token: string;
  /** Tenant of every command that names none. */
  readonly tenant?: string;
}

export interface Contexts {
  readonly version: 1;
  /** Name of the context that is used when none is named; null when there is none. */
  readonly current: string | null;
  readonly contexts: Readonly<Record<string, Context>>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/;
const OTHERS = 0o077;

/** Where the file is, or would be. */
export function contextsFile(env: Environment = process.env): string {
  if (env.CARTWRIGHT_CONFIG) return env.CARTWRIGHT_CONFIG;
  const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return join(folder, 'cartwright', 'contexts.json');
}

/**
 * The stored contexts; none when there is no file. A file that others may read is closed to them first.
 * Throws `CliError` when it cannot be read or is no such file.
 */
export async function readContexts(env: Environment = process.env): Promise<Contexts> {
  const path = contextsFile(env);
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & OTHERS) !== 0 && process.platform !== 'win32') await chmod(path, 0o600);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, current: null, contexts: {} };
    throw new CliError(EXIT.failed, `${path}: ${(error as Error).message}`, { cause: error });
  }
  return parseContexts(text, path);
}

/** Throws `CliError` when the text is not what {@link saveContext} writes. */
export function parseContexts(text: string, path: string): Contexts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(path, 'it is no JSON', error);
  }
  if (!isRecord(value) || !isRecord(value.contexts)) throw broken(path, 'it holds no contexts');
  if (value.version !== 1) {
    throw new CliError(
      EXIT.failed,
      `${path}: written by a newer cartwright (version ${String(value.version)}); update this one`,
    );
  }
  const contexts: Record<string, Context> = {};
  for (const [name, context] of Object.entries(value.contexts)) {
    if (!isRecord(context) || typeof context.url !== 'string' || typeof context.token !== 'string') {
      throw broken(path, `the context "${name}" lacks a url or a token`);
    }
    const { url, token, tenant } = context;
    contexts[name] = { url, token, ...(typeof tenant === 'string' ? { tenant } : {}) };
  }
  const { current } = value;
  return {
    version: 1,
    current: typeof current === 'string' && Object.hasOwn(contexts, current) ? current : null,
    contexts,
  };
}

/**
 * Adds a context, or replaces the one of that name, and makes it the current one. The file is written beside and moved
 * into place, readable by its owner only.
 */
export async function saveContext(name: string, context: Context, env: Environment = process.env): Promise<void> {
  if (!NAME.test(name)) {
    throw new CliError(EXIT.usage, `"${name}" is no name of a context: use up to 100 letters, digits and . _ : @ -`);
  }
  const stored = await readContexts(env);
  await writeContexts({ version: 1, current: name, contexts: { ...stored.contexts, [name]: context } }, env);
}

/** Makes another context the current one. Throws `CliError` (not found) when there is none of that name. */
export async function selectContext(name: string, env: Environment = process.env): Promise<void> {
  const stored = await readContexts(env);
  if (!Object.hasOwn(stored.contexts, name)) throw unknownContext(name, stored);
  await writeContexts({ ...stored, current: name }, env);
}

export function unknownContext(name: string, stored: Contexts): CliError {
  const names = Object.keys(stored.contexts);
  const known = names.length === 0 ? 'there is none yet; see "cartwright login"' : `there are ${names.join(', ')}`;
  return new CliError(EXIT.notFound, `there is no context "${name}": ${known}`);
}

async function writeContexts(contexts: Contexts, env: Environment): Promise<void> {
  const path = contextsFile(env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${crypto.randomUUID()}`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(contexts, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw new CliError(EXIT.failed, `${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(path: string, what: string, cause?: unknown): CliError {
  return new CliError(EXIT.failed, `${path}: ${what}; mend it, or remove it and log in again`, { cause });
}
