/**
 * What git and ssh are given to reach one server: the credential in files of a private folder that is removed with the call, and
 * the addresses that the server's name was found to have. None of it is in an argument, a URL or the environment.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { SourceError } from '../../app/errors.ts';
import type { GitCredential } from '../../app/ports/artifacts.ts';
import type { GitAddress, GitServerAddress } from './address.ts';
import { quote, type GitEnvironment } from './run.ts';

/** Throws `SourceError` when the credential is none for this server or this way, and when ssh has none. */
export function checkCredential({ protocol, server }: GitAddress, credential: GitCredential | undefined): void {
  if (credential === undefined) {
    if (protocol !== 'ssh') return;
    throw new SourceError(
      'GIT_CREDENTIALS_MISSING',
      'ssh needs a key: store one with "cartwright credential set NAME --key" and name it as source.git.credentials; or use https',
    );
  }
  const { name, kind, hosts } = credential;
  if (server === undefined)
    throw new SourceError('GIT_UNSUPPORTED', `a folder needs no credential; take source.git.credentials "${name}" out`);
  if (!hosts.some((host) => isFor(host.toLowerCase(), server)))
    throw new SourceError(
      'GIT_CREDENTIALS_REFUSED',
      `the credential "${name}" is for ${hosts.join(', ')} and is not shown to ${server.host}`,
    );
  if ((kind === 'key') !== (protocol === 'ssh'))
    throw new SourceError(
      'GIT_UNSUPPORTED',
      kind === 'key'
        ? `the credential "${name}" is a key, for ssh; ${protocol} takes a token or a password`
        : `the credential "${name}" is for https; ssh takes a key`,
    );
  if (protocol === 'http' && !isLoopback(server.host))
    throw new SourceError(
      'GIT_UNSUPPORTED',
      `the credential "${name}" would be readable on its way: use https instead of http`,
    );
}

function isFor(entry: string, { host, port }: GitServerAddress): boolean {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return entry === name || entry === host || entry === `${name}:${port}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

interface Access {
  readonly address: GitAddress;
  readonly credential: GitCredential | undefined;
  /** To be connected to instead of asking for the name again; `undefined`: as the machine resolves it. */
  readonly addresses: readonly string[] | undefined;
}

/** Names of the folders below that hold a credential while it is used. */
export const PRIVATE_PREFIX = 'private-';

/**
 * Runs `work` with an environment that reaches the server.
 *
 * @param folder where the private folder is made
 * @param configuration text of the configuration that every call has
 */
export async function withAccess<T>(
  base: GitEnvironment,
  folder: string,
  configuration: string,
  access: Access,
  work: (environment: GitEnvironment) => Promise<T>,
): Promise<T> {
  const { address, credential, addresses } = access;
  if (credential === undefined && addresses === undefined) return work(base);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = await mkdtemp(join(folder, PRIVATE_PREFIX));
  try {
    const write = async (name: string, text: string): Promise<string> => {
      await writeFile(join(own, name), text, { mode: 0o600, flag: 'wx' });
      return join(own, name);
    };
    const environment = { ...base, configuration: join(own, 'gitconfig') };
    const lines = [configuration, ...pinned(address, addresses)];
    if (credential?.kind === 'password') {
      const kept = await write('credentials', `${credentialUrl(address, credential)}\n`);
      lines.push('[credential]', `\thelper = ${configValue(`store --file=${quote(kept)}`)}`);
    }
    await write('gitconfig', `${lines.join('\n')}\n`);
    if (credential?.kind !== 'key') return await work(environment);
    const ssh = {
      identityFile: await write('key', withLastLineEnded(credential.privateKey)),
      knownHostsFile: await write('known_hosts', withLastLineEnded(credential.knownHosts)),
      ...(addresses?.[0] === undefined ? {} : { hostName: addresses[0], hostKeyAlias: hostKeyAlias(address) }),
    };
    return await work({ ...environment, ssh });
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** As curl takes it: the name is not asked for again. */
function pinned({ server, protocol }: GitAddress, addresses: readonly string[] | undefined): string[] {
  if (server === undefined || addresses === undefined || protocol === 'ssh' || isIP(server.host) !== 0) return [];
  const list = addresses.map((address) => (isIP(address) === 6 ? `[${address}]` : address)).join(',');
  return ['[http]', `\tcurloptResolve = ${configValue(`${server.host}:${server.port}:${list}`)}`];
}

/** The name under which ssh knows the key of a server whose address it was given. */
function hostKeyAlias({ server }: GitAddress): string {
  const { host = '', port = 22 } = server ?? {};
  return port === 22 ? host : `[${host}]:${port}`;
}

/** A line of git-credential-store(1): git shows it to this protocol, host and port only. */
function credentialUrl(
  { url }: GitAddress,
  { username, password }: Extract<GitCredential, { kind: 'password' }>,
): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}`;
}

/** A value of git-config(1) in quotes. */
function configValue(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function withLastLineEnded(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
