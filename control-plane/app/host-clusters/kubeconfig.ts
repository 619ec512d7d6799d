/**
 * Reads a kubeconfig (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/) for one context. Pure: it looks at no file, no
 * environment and no network. No message quotes a value, for any of them may be a secret that stands in the wrong place.
 */
import { z } from 'zod';
import { readDocuments } from '../../../schema/manifests/read-documents.ts';
import { RequestError } from '../errors.ts';
import { checkClientCertificate, endOfToken, readAuthorities } from './certificates.ts';
import type { HostClusterCredential, HostClusterUser, KubeconfigRules } from './credential.ts';

/** Most characters of a kubeconfig: certificates of a hundred contexts fit. */
export const LONGEST_KUBECONFIG = 256 * 1024;
const LONGEST_TOKEN = 16 * 1024;

const text = z.string().max(LONGEST_KUBECONFIG);
const name = text.min(1).max(1000);
/** Tools write null and "" for what is not set. */
const optional = <T extends z.ZodType>(type: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), type.optional());

const cluster = z.object({
  server: text.min(1).max(2000),
  'certificate-authority': optional(text),
  'certificate-authority-data': optional(text),
  'insecure-skip-tls-verify': optional(z.boolean()),
  'tls-server-name': optional(name),
  'proxy-url': optional(text.max(2000)),
});
const exec = z.object({
  apiVersion: optional(name),
  command: name,
  args: optional(z.array(text).max(100)),
  env: optional(z.array(z.object({ name, value: text })).max(100)),
});
const user = z.object({
  token: optional(text),
  tokenFile: optional(text),
  'client-certificate': optional(text),
  'client-certificate-data': optional(text),
  'client-key': optional(text),
  'client-key-data': optional(text),
  username: optional(text),
  password: optional(text),
  as: optional(text),
  'as-uid': optional(text),
  'as-groups': optional(z.unknown()),
  'as-user-extra': optional(z.unknown()),
  'auth-provider': optional(z.unknown()),
  exec: optional(exec),
});
const entries = z.preprocess((value) => value ?? [], z.array(z.looseObject({ name })).max(1000));
/** Entries that are not used are not looked into: another cluster's mistakes are none of this one's. */
const file = z.object({
  kind: optional(z.literal('Config')),
  'current-context': optional(name),
  clusters: entries,
  contexts: entries,
  users: entries,
});
const context = z.object({ cluster: name, user: name });

export interface ReadKubeconfigOptions extends KubeconfigRules {
  /** The context to read; the file's current one if absent. */
  readonly context?: string | undefined;
  /** Milliseconds since the epoch, for the dates of certificates. */
  readonly now: number;
}

/** Throws `RequestError` INVALID for the field `kubeconfig` (or `context`), with what to do and without a value. */
export function parseKubeconfig(given: string, options: ReadKubeconfigOptions): HostClusterCredential {
  const config = shaped(file, documentOf(given), '');
  const contextName = options.context ?? config['current-context'];
  if (contextName === undefined) {
    const known = config.contexts.map((entry) => entry.name);
    throw invalid(`it has no current-context; name one of its contexts: ${listed(known)}`, 'context');
  }
  const chosen = shaped(context, entry(config.contexts, 'context', contextName), 'context');
  const clusterPart = shaped(cluster, entry(config.clusters, 'cluster', chosen.cluster), 'cluster');
  const userPart = shaped(user, entry(config.users, 'user', chosen.user), 'user');
  const server = serverOf(clusterPart.server);
  const isInsecure = insecure(clusterPart, server, options);
  return {
    server: `${server.origin}${server.pathname}`.replace(/\/+$/, ''),
    context: contextName,
    ca: authoritiesOf(clusterPart, isInsecure),
    tlsServerName: clusterPart['tls-server-name'] ?? null,
    isInsecure,
    proxyUrl: proxyOf(clusterPart['proxy-url']),
    user: userOf(userPart, options),
  };
}

function documentOf(given: string): unknown {
  if (given.trim() === '') throw invalid('it is empty');
  if (given.length > LONGEST_KUBECONFIG)
    throw invalid(
      `it has ${given.length} characters; expected at most ${LONGEST_KUBECONFIG}: "kubectl config view --minify --flatten" writes one context only`,
    );
  const read = readDocuments(given, 'kubeconfig');
  if (!read.ok) {
    const [{ line, column, code } = { line: undefined, column: undefined, code: undefined }] = read.errors;
    const at = line === undefined ? '' : ` at line ${line}, column ${column}`;
    const why =
      code === 'MANIFEST_ALIASES'
        ? 'anchors and aliases that are too many, or lead nowhere'
        : code === 'MANIFEST_DUPLICATE_FIELD'
          ? 'a field is given twice, or may not be there'
          : 'no valid YAML or JSON';
    throw invalid(`${why}${at}`);
  }
  if (read.documents.length > 1) throw invalid(`${read.documents.length} documents; expected one`);
  return read.documents[0]!.value;
}

/** Throws with the path of the first field that is not as it has to be; zod's own words quote nothing that is given. */
function shaped<T extends z.ZodType>(type: T, value: unknown, path: string): z.infer<T> {
  const result = type.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = [path, ...(issue?.path ?? []).map(String)].filter((part) => part !== '').join('.');
  throw invalid(`${at === '' ? '' : `${at}: `}${issue?.message ?? 'not valid'}`);
}

function entry(
  entries: readonly { readonly name: string; readonly [field: string]: unknown }[],
  kind: string,
  wanted: string,
): unknown {
  const found = entries.filter((candidate) => candidate.name === wanted);
  const field = kind === 'context' ? 'context' : 'kubeconfig';
  if (found.length > 1) throw invalid(`the ${kind} ${quoted(wanted)} is there ${found.length} times`, field);
  const [only] = found;
  if (only === undefined)
    throw invalid(
      `there is no ${kind} ${quoted(wanted)}${entries.length === 0 ? '' : `; there is ${listed(entries.map((candidate) => candidate.name))}`}`,
      field,
    );
  return only[kind];
}

function serverOf(given: string): URL {
  const url = URL.parse(given);
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    `${url.username}${url.password}${url.search}${url.hash}` !== ''
  )
    throw invalid('cluster.server: expected https://HOST:PORT, without user, query and fragment');
  return url;
}

function insecure(part: z.infer<typeof cluster>, server: URL, { insecureHosts }: KubeconfigRules): boolean {
  const what =
    server.protocol === 'http:'
      ? 'cluster.server has no TLS'
      : part['insecure-skip-tls-verify'] === true
        ? 'cluster.insecure-skip-tls-verify: the server could be anybody'
        : undefined;
  if (what === undefined) return false;
  const host = server.hostname.replace(/^\[|\]$/g, '');
  if (insecureHosts.includes(host)) return true;
  throw invalid(
    `${what}; give its authority in certificate-authority-data, or let an operator allow the host by name: CARTWRIGHT_HOST_CLUSTER_INSECURE_HOSTS=${host}`,
  );
}

function authoritiesOf(part: z.infer<typeof cluster>, isInsecure: boolean): string | null {
  const data = part['certificate-authority-data'];
  if (data === undefined) {
    refuseFile(part['certificate-authority'], 'cluster.certificate-authority');
    return null;
  }
  // Kubernetes’ own clients refuse both together, too: which one holds?
  if (isInsecure && part['insecure-skip-tls-verify'] === true)
    throw invalid('cluster: certificate-authority-data and insecure-skip-tls-verify exclude each other');
  return readAuthorities(decoded(data, 'cluster.certificate-authority-data'), (message) =>
    invalid(`cluster.certificate-authority-data: ${message}`),
  );
}

function userOf(part: z.infer<typeof user>, { commands, now }: ReadKubeconfigOptions): HostClusterUser {
  refuseOthers(part);
  if (part.exec !== undefined) return commandOf(part.exec, commands);
  const chain = part['client-certificate-data'];
  const key = part['client-key-data'];
  if (chain === undefined) refuseFile(part['client-certificate'], 'user.client-certificate');
  if (key === undefined) refuseFile(part['client-key'], 'user.client-key');
  if (part.token !== undefined) {
    const token = part.token.trim();
    if (token.length > LONGEST_TOKEN || !/^[\x21-\x7e]+$/.test(token))
      throw invalid(`user.token: expected 1 to ${LONGEST_TOKEN} printable characters without blanks`);
    const end = endOfToken(token);
    if (end !== null && end <= now)
      throw invalid(`user.token: it has expired on ${new Date(end).toISOString()}; ask the cluster for another`);
    return { kind: 'token', token };
  }
  refuseFile(part.tokenFile, 'user.tokenFile');
  if (chain === undefined && key === undefined)
    throw invalid('user: it has neither a token nor a client certificate with its key');
  if (chain === undefined || key === undefined)
    throw invalid(
      `user: client-certificate-data and client-key-data belong together; ${chain === undefined ? 'the certificate' : 'the key'} is missing`,
    );
  return {
    kind: 'certificate',
    ...checkClientCertificate(
      { chain: decoded(chain, 'user.client-certificate-data'), key: decoded(key, 'user.client-key-data') },
      now,
      (field, message) => invalid(`user.client-${field === 'chain' ? 'certificate' : 'key'}-data: ${message}`),
    ),
  };
}

/** Ways to log in that are not spoken here, each by its name. */
function refuseOthers(part: z.infer<typeof user>): void {
  if (part['auth-provider'] !== undefined)
    throw invalid('user.auth-provider: Kubernetes itself has removed it; use a token, a client certificate or exec');
  if (part.username !== undefined || part.password !== undefined)
    throw invalid(
      'user.username, user.password: API servers accept no passwords (any more); use a token or a client certificate',
    );
  const acting = (['as', 'as-uid', 'as-groups', 'as-user-extra'] as const).find((field) => part[field] !== undefined);
  if (acting !== undefined)
    throw invalid(`user.${acting}: acting as somebody else is not supported; give that user’s own credential`);
}

function commandOf(part: z.infer<typeof exec>, allowed: readonly string[]): HostClusterUser {
  const { command } = part;
  if (!allowed.includes(command))
    throw invalid(
      `user.exec: it calls the program ${quoted(command)} on the control plane’s machine; use a service account’s token, or let an operator allow the program by name: CARTWRIGHT_HOST_CLUSTER_COMMANDS=${command.slice(0, 100)}`,
    );
  const { apiVersion = '' } = part;
  if (!/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion))
    throw invalid('user.exec.apiVersion: expected client.authentication.k8s.io/v1 or …/v1beta1');
  return {
    kind: 'command',
    command,
    arguments: part.args ?? [],
    environment: Object.fromEntries((part.env ?? []).map((variable) => [variable.name, variable.value])),
    apiVersion,
  };
}

function proxyOf(given: string | undefined): string | null {
  if (given === undefined) return null;
  const protocols = ['http:', 'https:', 'socks5:'];
  if (!protocols.includes(URL.parse(given)?.protocol ?? ''))
    throw invalid('cluster.proxy-url: expected http://, https:// or socks5:// with host and port');
  return given;
}

function refuseFile(path: string | undefined, field: string): void {
  if (path !== undefined)
    throw invalid(
      `${field}: it names a file, which the control plane does not read; put its content inside: "kubectl config view --raw --minify --flatten"`,
    );
}

function decoded(data: string, field: string): string {
  const compact = data.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) throw invalid(`${field}: expected PEM in base64`);
  return Buffer.from(compact, 'base64').toString('utf8');
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, 10).map(quoted).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

/** Names of entries and programs are no secrets, and may still be anything. */
function quoted(given: string): string {
  return JSON.stringify(given.length > 100 ? `${given.slice(0, 100)}…` : given);
}

function invalid(message: string, field = 'kubeconfig'): RequestError {
  return new RequestError('INVALID', `kubeconfig: ${message}`, { field });
}
