/** `secret`: values come from stdin or a file, never from the command line, which other users of the machine can read. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Session } from '../client/session.ts';
import { change } from '../configuration/change.ts';
import { parseEnvironmentFile } from '../configuration/environment-file.ts';
import { CliError, EXIT, notFound, usage } from '../exit.ts';
import {
  ListSecrets,
  RevokeSecret,
  SetSecrets,
  UnsetSecrets,
  type SecretVersionFieldsFragment,
} from '../generated/operations.ts';
import { parseWhole } from '../numbers.ts';
import { NOTHING, relative, word } from '../output/text.ts';
import { readSecret } from '../read-secret.ts';
import { noApplication, parseTarget } from '../targets.ts';
import type { SecretRevokeOptions, SecretSetOptions, WaitOptions } from './register-configuration.ts';

export async function set(
  session: Session,
  target: string,
  name: string | undefined,
  options: SecretSetOptions,
): Promise<void> {
  const delivery = deliveryOf(options.as);
  const secrets = (await given(session, name, options)).map((secret) => ({ ...secret, delivery }));
  await change(session, target, options, (ref) => session.client.mutate(SetSecrets, { ref, secrets }));
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
  await change(
    session,
    target,
    options,
    (ref) => session.client.mutate(RevokeSecret, { ref, name, force: options.force === true, ...version }),
    'destroyed; no release that runs took it',
  );
}

type Listed = SecretVersionFieldsFragment & { readonly of: string };

export async function list(session: Session, target: string, { all }: { readonly all?: boolean }): Promise<void> {
  const { application: name, alias } = parseTarget(target);
  const { application } = await session.client.query(ListSecrets, { tenant: session.tenant, name });
  if (application === null) throw noApplication(name);
  const cluster = application.clusters.find((candidate) => candidate.alias === alias);
  if (alias !== undefined && cluster === undefined)
    throw notFound(
      `application "${name}" has no component "${alias}"; it has ${application.clusters.map((each) => each.alias).join(', ')}`,
    );
  // An application's secrets are those of each component, too.
  const clusters = cluster === undefined ? application.clusters : [cluster];
  const found: Listed[] = [
    ...application.secrets.map((secret) => ({ of: name, ...secret })),
    ...clusters.flatMap((each) => each.secrets.map((secret) => ({ of: `${name}/${each.alias}`, ...secret }))),
  ];
  await session.printer.list(
    all === true ? found : found.filter(({ retiredAt }) => retiredAt === null),
    [
      { title: 'NAME', value: (secret) => secret.name },
      { title: 'OF', value: (secret) => secret.of },
      { title: 'VERSION', value: ({ version }) => String(version) },
      { title: 'AS', value: ({ delivery }) => word(delivery) },
      { title: 'STATE', value: stateOf },
      { title: 'SET BY', value: ({ createdBy }) => createdBy },
      { title: 'SET', value: ({ createdAt }, now) => relative(createdAt, now) },
      {
        title: 'ENDED',
        value: ({ revokedAt, revokedBy, retiredAt }, now) =>
          revokedAt === null ? relative(retiredAt, now) : `${relative(revokedAt, now)} by ${revokedBy ?? NOTHING}`,
      },
    ],
    `${target} has no secrets; see "cartwright secret set --help"`,
  );
}

function stateOf({ retiredAt, revokedAt, isReadable }: SecretVersionFieldsFragment): string {
  if (revokedAt !== null) return 'revoked';
  if (!isReadable) return 'key lost';
  return retiredAt === null ? 'current' : 'earlier';
}

function deliveryOf(text: string): 'ENVIRONMENT' | 'FILE' {
  if (text === 'environment') return 'ENVIRONMENT';
  if (text === 'file') return 'FILE';
  throw usage(`--as: expected environment or file, got "${text}"`);
}
