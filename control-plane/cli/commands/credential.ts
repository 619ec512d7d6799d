/** `credential`: what private Git repositories are read with, and images of private registries pulled. Values come from stdin or a file, never from the command line. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Session } from '../client/session.ts';
import { confirm, type Confirmation } from '../confirm.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { DeleteCredential, SetCredential, type CredentialFieldsFragment } from '../generated/operations.ts';
import { credentialReference, credentialsOf, ownerOf } from '../nouns/credentials.ts';
import { readSecret } from '../read-secret.ts';
import { getNoun } from './get.ts';
import type { CredentialSetOptions, OfCluster } from './register-configuration.ts';

export async function set(session: Session, name: string, options: CredentialSetOptions): Promise<void> {
  const { host, key, registry, cluster, username, knownHosts, file } = options;
  if (registry === true && username === undefined) throw usage('--registry needs the --username that logs in');
  if (registry !== true && cluster !== undefined) throw usage('--cluster goes with --registry');
  if (key === true && username !== undefined)
    throw usage('--username goes with a token or password; for a key it stands in the URL');
  if (key !== true && knownHosts !== undefined) throw usage('--known-hosts goes with --key');
  const text = file === undefined ? await readSecret(session.io, name) : await read(session, file);
  const kind = kindAsked(options);
  const { credential } = await session.client.mutate(SetCredential, {
    name,
    kind,
    hosts: host,
    value: key === true ? text : text.replace(/\r?\n$/, ''),
    ...(username === undefined ? {} : { username }),
    ...(knownHosts === undefined ? {} : { knownHosts: await read(session, knownHosts) }),
    ...ownerOf(session, cluster),
  });
  await show(session, credential, 'stored');
}

export async function list(session: Session, { cluster }: OfCluster): Promise<void> {
  const nothing = 'there are no credentials; see "cartwright credential set --help"';
  await getNoun(session, credentialsOf(cluster), { nothing });
}

export async function remove(
  session: Session,
  name: string,
  { cluster, ...options }: OfCluster & Confirmation,
): Promise<void> {
  await confirm(session.io, options, `delete the credential "${name}"?`);
  const { credential } = await session.client.mutate(DeleteCredential, { name, ...ownerOf(session, cluster) });
  await show(session, credential, 'deleted');
}

function kindAsked({ key, registry, password }: CredentialSetOptions): 'KEY' | 'REGISTRY' | 'LOGIN' | 'TOKEN' {
  if (key === true) return 'KEY';
  if (registry === true) return 'REGISTRY';
  return password === true ? 'LOGIN' : 'TOKEN';
}

function show(session: Session, credential: CredentialFieldsFragment | null, done: string): Promise<void> {
  return session.printer.one(
    credential,
    () => `credential ${credential?.name ?? ''} for ${credential?.hosts.join(', ') ?? ''} ${done}`,
    credentialReference,
  );
}

async function read(session: Session, path: string): Promise<string> {
  try {
    return await readFile(resolve(session.io.cwd, path), 'utf8');
  } catch (error) {
    throw new CliError(EXIT.usage, `${path} cannot be read: ${(error as Error).message}`);
  }
}
