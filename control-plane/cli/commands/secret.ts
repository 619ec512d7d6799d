/** `secret`: values come from stdin or a file, never from the command line, which other users of the machine can read. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Session } from '../client/session.ts';
import { confirm } from '../confirm.ts';
import { change } from '../configuration/change.ts';
import { parseEnvironmentFile } from '../configuration/environment-file.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { RevokeSecret, SetSecrets, UnsetSecrets } from '../generated/operations.ts';
import { parseWhole } from '../numbers.ts';
import { WHOLE_SCOPE } from '../nouns/noun.ts';
import { secrets } from '../nouns/secrets.ts';
import { readSecret } from '../read-secret.ts';
import { getNoun } from './get.ts';
import type { SecretRevokeOptions, SecretSetOptions, WaitOptions } from './register-configuration.ts';

export async function set(
  session: Session,
  target: string,
  name: string | undefined,
  options: SecretSetOptions,
): Promise<void> {
  const delivery = deliveryOf(options.as);
  const set = (await given(session, name, options)).map((secret) => ({ ...secret, delivery }));
  await change(session, target, options, (ref) => session.client.mutate(SetSecrets, { ref, secrets: set }));
}

async function given(
  session: Session,
  name: string | undefined,
  { file, envFile, as }: SecretSetOptions,
): Promise<readonly { readonly name: string; readonly value: string }[]> {
  if (envFile !== undefined) {
    if (name !== undefined || file !== undefined) throw usage('--env-file goes without NAME and --file');
    return parseEnvironmentFile(await read(session, envFile), envFile);
  }
  if (name === undefined) throw usage('say which secret: cartwright secret set TARGET NAME');
  if (name.includes('='))
    throw usage(
      'give the name only and the value on stdin: what stands on the command line can be read by every user of this machine',
    );
  const text = file === undefined ? await readSecret(session.io, name) : await read(session, file);
  // An editor and `echo` end a text with a line feed that is no part of the value; a file is taken as it is.
  return [{ name, value: as === 'file' ? text : text.replace(/\r?\n$/, '') }];
}

async function read(session: Session, path: string): Promise<string> {
  try {
    const bytes = await readFile(resolve(session.io.cwd, path));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const why = error instanceof TypeError ? 'it is not UTF-8 text' : (error as Error).message;
    throw new CliError(EXIT.usage, `${path} cannot be read: ${why}`);
  }
}

export async function unset(
  session: Session,
  target: string,
  names: readonly string[],
  options: WaitOptions,
): Promise<void> {
  await change(
    session,
    target,
    options,
    (ref) => session.client.mutate(UnsetSecrets, { ref, names }),
    'unset; no release had it',
  );
}

export async function revoke(
  session: Session,
  target: string,
  name: string,
  number: string | undefined,
  options: SecretRevokeOptions,
): Promise<void> {
  const version = number === undefined ? {} : { version: parseWhole(number, 'VERSION', 1, 2 ** 31 - 1) };
  const what = number === undefined ? 'every version' : `version ${number}`;
  await confirm(session.io, options, `destroy ${what} of the secret "${name}" of ${target} for good?`);
  await change(
    session,
    target,
    options,
    (ref) => session.client.mutate(RevokeSecret, { ref, name, force: options.force === true, ...version }),
    'destroyed; no release that runs took it',
  );
}

export async function list(session: Session, target: string, { all }: { readonly all?: boolean }): Promise<void> {
  const scope = { ...WHOLE_SCOPE, application: target, includeTerminated: all === true };
  await getNoun(session, secrets, { scope, nothing: `${target} has no secrets; see "cartwright secret set --help"` });
}

function deliveryOf(text: string): 'ENVIRONMENT' | 'FILE' {
  if (text === 'environment') return 'ENVIRONMENT';
  if (text === 'file') return 'FILE';
  throw usage(`--as: expected environment or file, got "${text}"`);
}
