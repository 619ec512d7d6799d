/** The cluster that KUBECONFIG names, by its own client: what a test puts there is in a namespace of the test's, and goes with it. */
import { execFile, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.ts';

const run = promisify(execFile);

/** Runs kubectl; its output. Rejects with what it says. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  return (await run('kubectl', args, { maxBuffer: 16 * 1024 * 1024 })).stdout;
}

/** Creates or changes objects. */
export async function applyObjects(objects: readonly object[]): Promise<void> {
  const child = spawn('kubectl', ['apply', '-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`kubectl apply: ${said}`);
}

/** A namespace under the Pod Security Standard `restricted`, removed with all that is in it. */
export class Namespace implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(name: string): Promise<Namespace> {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await applyObjects([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }]);
    const namespace = new Namespace(name);
    // Made by the cluster itself, and no pod is taken before.
    await eventually('the default service account', () => kubectl('-n', name, 'get', 'serviceaccount', 'default'));
    return namespace;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kubectl('delete', 'namespace', this.name, '--ignore-not-found', '--timeout=60s');
  }
}

/** The address at which pods reach what listens on this machine: that from which this machine reaches the API server. */
export async function addressOfThisMachine(): Promise<string> {
  const server = new URL(await kubectl('config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}'));
  const socket = connect(Number(server.port || 443), server.hostname.replace(/^\[|\]$/g, ''));
  try {
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return socket.localAddress!;
  } finally {
    socket.destroy();
  }
}

/** What may be in a namespace under `restricted`, and nothing more. */
export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;
