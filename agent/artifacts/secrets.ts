/**
 * The secrets of a release: fetched with the instance's token, kept as one file each (0600, below the instance's own directory),
 * so that the application can be started again while the control plane is gone. Their values are never logged or reported.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  releaseSecrets,
  type ReleaseConfiguration,
  type ReleaseSecrets,
  type SecretReference,
} from '../../schema/agent/instance.ts';
import type { DesiredRelease } from '../../schema/mqtt/desired.ts';
import { Fault } from '../lifecycle/faults.ts';
import { readIfPresent } from '../storage/atomic-file.ts';
import type { DownloadOptions } from './download.ts';
import { httpGet, readBody } from './http.ts';
import { tryInTurn } from './retry.ts';

const MAX_SECRETS_BYTES = 32 * 1024 * 1024;

/** A secret as it lies on this instance's disk. */
export interface HeldSecret extends Pick<SecretReference, 'name' | 'delivery'> {
  /** Absolute path of the file that holds the value. */
  readonly path: string;
  readonly value: string;
}

/**
 * Writes what the configuration names into a new folder: what is at hand, else what is fetched. Rejects with a {@link Fault} that holds no value.
 */
export async function bringSecrets(
  release: DesiredRelease,
  configuration: ReleaseConfiguration,
  folder: string,
  options: DownloadOptions,
  atHand: ReleaseSecrets | undefined,
): Promise<void> {
  const references = configuration.secrets ?? [];
  if (references.length === 0) return;
  const values = atHand === undefined ? await fetchValues(release, options) : new Map(Object.entries(atHand.values));
  await mkdir(folder, { mode: 0o700 });
  for (const { name } of references) {
    const value = values.get(name);
    if (value === undefined)
      throw new Fault('secrets-invalid', `the answer to the secrets of release ${release.release} lacks ${name}`);
    await writeFile(join(folder, name), value, { mode: 0o600, flag: 'wx' });
  }
}

/** From disk alone; `undefined` when one of them is not there. */
export function findSecrets(configuration: ReleaseConfiguration, folder: string): HeldSecret[] | undefined {
  const found: HeldSecret[] = [];
  for (const { name, delivery } of configuration.secrets ?? []) {
    const path = join(folder, name);
    const value = readIfPresent(path);
    if (value === undefined) return undefined;
    found.push({ name, delivery, path, value });
  }
  return found;
}

async function fetchValues(release: DesiredRelease, options: DownloadOptions): Promise<ReadonlyMap<string, string>> {
  const { release: name, secretsUrl } = release;
  if (secretsUrl === undefined)
    throw new Fault('secrets-invalid', `release ${name} has secrets, and nothing says where they are fetched`);
  const attempt = async (url: string) => {
    const response = await httpGet(url, { token: options.token(url), signal: options.signal });
    return parseSecrets(await readBody(response, MAX_SECRETS_BYTES), name);
  };
  try {
    return await tryInTurn([secretsUrl], options.signal, attempt, options);
  } catch (error) {
    if (options.signal.aborted || error instanceof Fault) throw error;
    const message = `the secrets of release ${name} could not be fetched: ${(error as Error).message}`;
    throw new Fault('secrets-fetch-failed', message, { cause: error });
  }
}

function parseSecrets(text: Buffer, release: string): ReadonlyMap<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    // The parser's message would quote the text.
    throw new Fault('secrets-invalid', `the answer to the secrets of release ${release} is not JSON`);
  }
  const { data } = releaseSecrets.safeParse(value);
  // Without the checker's message, which may quote a name that is none.
  if (data === undefined || data.release !== release)
    throw new Fault('secrets-invalid', `the answer to the secrets of release ${release} is not understood`);
  return new Map(Object.entries(data.values));
}
