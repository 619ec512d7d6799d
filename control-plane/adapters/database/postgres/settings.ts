/** Where a PostgreSQL is and how one gets in, from a URL and a password that may stand in a file. */
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { CartwrightError } from '../../../app/errors.ts';
import { message } from '../failure.ts';

export interface PostgresSettings {
  /** A host name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  /** `undefined`: in the clear. */
  readonly tls: TlsOptions | undefined;
  /** The most connections that are open at once. */
  readonly connections: number;
}

export interface PostgresAddress {
  readonly url: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly connections?: number;
}

export const DEFAULT_CONNECTIONS = 8;

const DEFAULT_PORT = 5432;
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);
/** The modes of libpq that say what they promise; `prefer` and `allow` fall back to no encryption without a word. */
const MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type Mode = (typeof MODES)[number];

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…&host=…`. Beyond this machine the server's certificate and name are
 * verified unless `sslmode` says otherwise; a password of the file wins over that of the URL.
 *
 * Throws `CartwrightError` CONFIGURATION_INVALID, which never repeats the password.
 */
export async function readPostgresSettings(address: PostgresAddress): Promise<PostgresSettings> {
  const url = parseUrl(address.url);
  const parameters = new Map(url.searchParams);
  const socket = parameters.get('host');
  const mode = modeOf(parameters.get('sslmode'), socket !== undefined || LOOPBACK.has(url.hostname));
  for (const name of ['host', 'sslmode']) parameters.delete(name);
  const [unknown] = parameters.keys();
  if (unknown !== undefined) throw invalid(`the parameter "${unknown}" is not known; there are host and sslmode`);
  if (socket !== undefined && !socket.startsWith('/')) throw invalid('"host" must be the folder of a socket, /…');
  if (socket !== undefined && mode !== 'disable') throw invalid('a socket has no TLS; leave sslmode out');
  const database = decoded(url.pathname.slice(1));
  if (database === '') throw invalid('it names no database: postgres://USER@HOST/DATABASE');
  if (url.username === '') throw invalid('it names no user: postgres://USER@HOST/DATABASE');
  return {
    host: socket ?? url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    database,
    user: decoded(url.username),
    password: await passwordOf(url, address.passwordFile),
    tls: mode === 'disable' ? undefined : await tlsOf(mode, address.caFile),
    connections: address.connections ?? DEFAULT_CONNECTIONS,
  };
}

/** What to call the database in a message: no user, no password. */
export function nameOf({ host, port, database }: PostgresSettings): string {
  return host.startsWith('/') ? `"${database}" at ${host}` : `"${database}" at ${host}:${port}`;
}

function parseUrl(text: string): URL {
  // `postgres:///database?host=/folder` has no host, which the URL parser would not take together with a user.
  const url = URL.parse(text);
  if (url === null) throw invalid('it is not a URL: postgres://USER@HOST:PORT/DATABASE');
  if (!['postgres:', 'postgresql:'].includes(url.protocol)) throw invalid('it must begin with postgres://');
  if (url.hostname === '' && !url.searchParams.has('host')) throw invalid('it names no host');
  return url;
}

function modeOf(text: string | undefined, isHere: boolean): Mode {
  if (text === undefined) return isHere ? 'disable' : 'verify-full';
  const mode = MODES.find((known) => known === text);
  if (mode === undefined) throw invalid(`sslmode is one of ${MODES.join(', ')}`);
  return mode;
}

async function passwordOf(url: URL, file: string | undefined): Promise<string | undefined> {
  if (file !== undefined) return (await read('CARTWRIGHT_DATABASE_PASSWORD_FILE', file)).trim();
  return url.password === '' ? undefined : decoded(url.password);
}

async function tlsOf(mode: Exclude<Mode, 'disable'>, caFile: string | undefined): Promise<TlsOptions> {
  return {
    ...(caFile === undefined ? {} : { ca: await read('CARTWRIGHT_DATABASE_CA_FILE', caFile) }),
    rejectUnauthorized: mode !== 'require',
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

async function read(variable: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CartwrightError('CONFIGURATION_INVALID', `${variable}: ${message(error)}`, { cause: error });
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('a part of it is not percent-encoded correctly');
  }
}

function invalid(what: string): CartwrightError {
  return new CartwrightError('CONFIGURATION_INVALID', `CARTWRIGHT_DATABASE_URL: ${what}`);
}
