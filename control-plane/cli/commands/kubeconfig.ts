/**
 * A kubeconfig as it is sent: its one context that is used, with the content of the files that it names. Credentials of other
 * clusters stay where they are. What is wrong with it is left as it is: the control plane says so.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readDocuments } from '../../../schema/manifests/read-documents.ts';
import type { Session } from '../client/session.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { readSecret } from '../read-secret.ts';
import type { CredentialOptions } from './register-cluster.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Credential {
  readonly kubeconfig?: string;
  readonly inCluster: boolean;
  readonly context?: string;
}

/** Fields that name a file, and the field of the same content in base64. */
const FILES = {
  'certificate-authority': 'certificate-authority-data',
  'client-certificate': 'client-certificate-data',
  'client-key': 'client-key-data',
} as const;

export async function credentialFrom(
  { io }: Pick<Session, 'io'>,
  { kubeconfig, inCluster = false, kubeContext }: CredentialOptions,
): Promise<Credential> {
  const context = kubeContext === undefined ? {} : { context: kubeContext };
  if (inCluster) {
    if (kubeconfig !== undefined) throw usage('give --kubeconfig or --in-cluster, not both');
    return { inCluster, ...context };
  }
  if (kubeconfig === undefined && io.stdin.isTTY === true)
    throw usage('give --kubeconfig FILE (or - for stdin), or --in-cluster');
  const isFile = kubeconfig !== undefined && kubeconfig !== '-';
  const path = resolve(io.cwd, kubeconfig ?? '-');
  const text = isFile ? await readText(path) : await readSecret(io, 'kubeconfig');
  return { kubeconfig: minified(text, kubeContext, isFile ? dirname(path) : io.cwd), inCluster, ...context };
}

/** Throws `CliError` for a file that it names and that cannot be read. @param folder that relative paths start from */
function minified(text: string, context: string | undefined, folder: string): string {
  const read = readDocuments(text, 'kubeconfig');
  const file = read.ok && read.documents.length === 1 ? fieldsOf(read.documents[0]!.value) : {};
  const name = context ?? file['current-context'];
  const chosen = named(file.contexts, name);
  const parts = fieldsOf(chosen?.context);
  const cluster = named(file.clusters, parts.cluster);
  const user = named(file.users, parts.user);
  if (chosen === undefined || cluster === undefined || user === undefined) return text;
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name, contexts: [chosen] },
    clusters: [{ ...cluster, cluster: inlined(fieldsOf(cluster.cluster), folder) }],
    users: [{ ...user, user: inlined(fieldsOf(user.user), folder) }],
  });
}

function inlined(fields: Fields, folder: string): Fields {
  const result: Record<string, unknown> = { ...fields };
  for (const [file, data] of Object.entries(FILES)) {
    const path = fields[file];
    if (typeof path !== 'string' || path === '') continue;
    if (result[data] === undefined || result[data] === '')
      result[data] = readNamed(file, path, folder).toString('base64');
    delete result[file];
  }
  const { tokenFile, token } = fields;
  if (typeof tokenFile === 'string' && tokenFile !== '') {
    if (token === undefined || token === '')
      result.token = readNamed('tokenFile', tokenFile, folder).toString('utf8').trim();
    delete result.tokenFile;
  }
  return result;
}

function readNamed(field: string, path: string, folder: string): Buffer {
  try {
    return readFileSync(resolve(folder, path));
  } catch (error) {
    throw new CliError(EXIT.usage, `the kubeconfig’s ${field} ${path} cannot be read: ${(error as Error).message}`);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CliError(EXIT.usage, `${path} cannot be read: ${(error as Error).message}`);
  }
}

/** The one entry of that name; `undefined` also where there are several. */
function named(entries: unknown, name: unknown): Fields | undefined {
  const found = (Array.isArray(entries) ? entries : []).map(fieldsOf).filter((entry) => entry.name === name);
  return found.length === 1 && typeof name === 'string' ? found[0] : undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
