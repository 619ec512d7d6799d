/** Fetches a release's configuration with the instance's token. It may hold secrets: it is never logged or reported. */
import { createHash } from 'node:crypto';
import { releaseConfiguration, type ReleaseConfiguration } from '../../schema/agent/instance.ts';
import type { DesiredRelease } from '../../schema/mqtt/desired.ts';
import { Fault } from '../lifecycle/faults.ts';
import type { DownloadOptions } from './download.ts';
import { httpGet, readBody } from './http.ts';
import { tryInTurn } from './retry.ts';

const MAX_CONFIGURATION_BYTES = 4 * 1024 * 1024;

/** Checks digest, form and release of a configuration's text. Throws a {@link Fault} that names no value. */
export function parseConfiguration(text: Buffer, release: DesiredRelease): ReleaseConfiguration {
  const digest = createHash('sha256').update(text).digest('hex');
  if (digest !== release.configurationDigest) {
    const what = `the configuration of release ${release.release} has the SHA-256 ${digest}`;
    throw new Fault('configuration-invalid', `${what}; expected ${release.configurationDigest}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    // The parser's message would quote the text.
    throw new Fault('configuration-invalid', `the configuration of release ${release.release} is not JSON`);
  }
  const result = releaseConfiguration.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    const where = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`;
    throw new Fault('configuration-invalid', `the configuration of release ${release.release} is invalid: ${where}`);
  }
  if (result.data.release !== release.release)
    throw new Fault('configuration-invalid', `the configuration is that of release ${result.data.release}`);
  return result.data;
}

/** The text as it was answered (its digest holds for these bytes). */
export async function fetchConfiguration(release: DesiredRelease, options: DownloadOptions): Promise<Buffer> {
  const attempt = async (url: string) => {
    const response = await httpGet(url, { token: options.token(url), signal: options.signal });
    const text = await readBody(response, MAX_CONFIGURATION_BYTES);
    parseConfiguration(text, release);
    return text;
  };
  try {
    return await tryInTurn([release.configurationUrl], options.signal, attempt, options);
  } catch (error) {
    if (options.signal.aborted || error instanceof Fault) throw error;
    throw new Fault(
      'configuration-fetch-failed',
      `the configuration of release ${release.release} could not be fetched: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
