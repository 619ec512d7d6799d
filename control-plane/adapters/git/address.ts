/** What a source's URL may be: over which protocols, to which hosts, in which folders. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SourceError } from '../../app/errors.ts';

export type Protocol = 'http' | 'https' | 'ssh' | 'file';

export interface GitAddress {
  readonly protocol: Protocol;
  /** What git is given; never begins with a hyphen. */
  readonly url: string;
  /** Where it is connected to; absent for folders. */
  readonly server?: GitServerAddress;
}

export interface GitServerAddress {
  /** Name or address, in lower case, without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** The operator's list names this very host, and so allows it wherever it leads. */
  readonly isNamed: boolean;
}

export interface AllowedAddresses {
  /** Host names (`git.example`), with port (`git.example:8443`), all below a domain (`*.example`), or `any`. */
  readonly allowedHosts: readonly string[];
  /** Absolute paths of folders whose repositories may be used by `file:` or a path. */
  readonly allowedFileRoots: readonly string[];
}

const SCP_LIKE = /^([A-Za-z0-9_][A-Za-z0-9._-]*)@([A-Za-z0-9][A-Za-z0-9.-]*):([^:/\s-][^\s]*)$/;
const PORTS = { http: 80, https: 443, ssh: 22 } as const;
const WAYS = 'https://host/path, http://host/path, ssh://user@host/path or user@host:path';

/** Throws `SourceError`: SOURCE_INVALID, GIT_UNSUPPORTED, GIT_HOST_NOT_ALLOWED, GIT_UNREACHABLE (no such folder). */
export async function checkAddress(url: string, allowed: AllowedAddresses): Promise<GitAddress> {
  if (url.length > 2000 || /^-|[\s\p{Cc}]/u.test(url)) throw invalid(url);
  // `ext::sh -c …`, `fd::3`: programs in the place of servers.
  if (/^[A-Za-z0-9+.-]*::/.test(url)) throw unsupported(url, 'transport helpers are not allowed');
  if (isAbsolute(url)) return fileAddress(url, url, allowed);
  const scp = SCP_LIKE.exec(url);
  if (scp !== null) return sshAddress(url, scp[2]!, '', allowed);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw invalid(url);
  switch (parsed.protocol) {
    case 'http:':
    case 'https:':
      return webAddress(parsed, allowed);
    case 'ssh:':
      if (parsed.password !== '' || !/^([A-Za-z0-9_][A-Za-z0-9._-]*)?$/.test(parsed.username)) throw credentials();
      return sshAddress(parsed.href, parsed.hostname, parsed.port, allowed);
    case 'file:':
      if (parsed.host !== '') throw invalid(url);
      return fileAddress(url, pathOf(parsed, url), allowed);
    default:
      throw unsupported(url, `the protocol ${parsed.protocol} is not supported`);
  }
}

function webAddress(parsed: URL, allowed: AllowedAddresses): GitAddress {
  if (parsed.username !== '' || parsed.password !== '') throw credentials();
  const protocol = parsed.protocol === 'http:' ? 'http' : 'https';
  const server = checkHost(parsed.hostname, parsed.port, PORTS[protocol], allowed);
  parsed.hash = '';
  return { protocol, url: parsed.href, server };
}

function sshAddress(url: string, host: string, port: string, allowed: AllowedAddresses): GitAddress {
  // A host that begins with a hyphen would be an option of ssh.
  if (!/^[A-Za-z0-9[]/.test(host)) throw invalid(url);
  const server = checkHost(host, port, PORTS.ssh, allowed);
  return { protocol: 'ssh', url, server };
}

function checkHost(host: string, port: string, usual: number, { allowedHosts }: AllowedAddresses): GitServerAddress {
  if (host === '') throw new SourceError('SOURCE_INVALID', 'the URL of the repository names no host');
  const name = host.toLowerCase();
  const server = { host: name.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? usual : Number(port) };
  const entries = allowedHosts.map((entry) => entry.toLowerCase());
  if (entries.includes(name) || entries.includes(`${name}:${server.port}`)) return { ...server, isNamed: true };
  if (entries.some((entry) => entry === 'any' || (entry.startsWith('*.') && name.endsWith(entry.slice(1)))))
    return { ...server, isNamed: false };
  const known = allowedHosts.length === 0 ? 'none is' : `allowed are ${allowedHosts.join(', ')}`;
  throw new SourceError(
    'GIT_HOST_NOT_ALLOWED',
    `the host ${host} is not among those that this platform fetches from (${known}); ask its operator to allow it`,
  );
}

function pathOf(parsed: URL, url: string): string {
  try {
    return fileURLToPath(parsed);
  } catch {
    throw invalid(url);
  }
}

async function fileAddress(url: string, path: string, { allowedFileRoots }: AllowedAddresses): Promise<GitAddress> {
  const refusal = new SourceError(
    'GIT_HOST_NOT_ALLOWED',
    `${shown(url)} is a folder of the platform's machine, and none that its operator allows; use ${WAYS}`,
  );
  if (allowedFileRoots.length === 0) throw refusal;
  const roots = (await Promise.all(allowedFileRoots.map(realpathOf))).filter((root) => root !== undefined);
  const real = await realpathOf(path);
  // By the path as it is written, too, so that nobody learns which folders outside exist.
  const asked =
    real ??
    path
      .split('/')
      .filter((part) => part !== '.')
      .join('/');
  const isInside = [...allowedFileRoots, ...roots].some((root) => asked === root || asked.startsWith(root + sep));
  if (!isInside || asked.split('/').includes('..')) throw refusal;
  if (real === undefined) throw new SourceError('GIT_UNREACHABLE', `there is no repository at ${shown(url)}`);
  if (!roots.some((root) => real === root || real.startsWith(root + sep))) throw refusal;
  return { protocol: 'file', url: pathToFileURL(real).href };
}

async function realpathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}

function shown(url: string): string {
  return JSON.stringify(url.length > 200 ? `${url.slice(0, 200)}…` : url);
}

function invalid(url: string): SourceError {
  return new SourceError('SOURCE_INVALID', `${shown(url)} is no URL of a repository; expected ${WAYS}`);
}

function unsupported(url: string, why: string): SourceError {
  return new SourceError('GIT_UNSUPPORTED', `${shown(url)}: ${why}; expected ${WAYS}`);
}

/** Names nothing of the URL: what stands in it may be a secret. */
function credentials(): SourceError {
  return new SourceError(
    'GIT_UNSUPPORTED',
    'the URL of the repository holds a user or password; take them out, they would be seen by everybody who sees the manifest',
  );
}
