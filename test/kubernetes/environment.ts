/**
 * The cluster of tests and benchmarks. With KUBECONFIG set it is that one, and images are pushed to CARTWRIGHT_TEST_REGISTRY, from which it
 * must be able to pull. Without, a cluster and a registry are started by the programs `up`, `down` and `registry` of the folder
 * CARTWRIGHT_TEST_KUBE (`../shared/kube` beside the package if absent), with CARTWRIGHT_TEST_KUBE_NODES nodes, and the cluster is taken down again
 * if it was not there before.
 * Helm is CARTWRIGHT_TEST_HELM, the program `helm` of that folder, or that of the PATH.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { ROOT } from '../support/root.ts';

const folder = resolve(ROOT, process.env.CARTWRIGHT_TEST_KUBE ?? '../shared/kube');
/** Of the cluster that is started; several runs side by side need several. */
const name = process.env.CARTWRIGHT_TEST_KUBE_NAME ?? 'cartwright';
/** Of nodes. The faults of a node need a second one; what asks for room is exact with one. */
const nodes = process.env.CARTWRIGHT_TEST_KUBE_NODES ?? '1';

/** Why there is no cluster, and what to do; null: there is one, or one can be started. */
export function whyNoCluster(): string | null {
  if (process.env.KUBECONFIG !== undefined || existsSync(join(folder, 'up'))) return null;
  return `it needs a cluster: set KUBECONFIG, or CARTWRIGHT_TEST_KUBE to a folder with the programs up, down and registry (${folder} is none)`;
}

/** Starts the cluster where none is named, and calls `work` with what its programs need in their environment beside their own. */
export async function withCluster<T>(
  work: (environment: Readonly<Record<string, string>>) => Promise<T> | T,
): Promise<T> {
  if (process.env.KUBECONFIG !== undefined) return work({});
  const registry = exported(run('registry'));
  const wasUp = isUp();
  try {
    const kubeconfig = run('up', name, nodes).split('\n').at(-1)!;
    return await work({
      ...registry,
      PATH: path(),
      KUBECONFIG: kubeconfig,
      CARTWRIGHT_TEST_PROGRAMS: folder,
      CARTWRIGHT_TEST_KUBE_NAME: name,
      CARTWRIGHT_TEST_HELM: process.env.CARTWRIGHT_TEST_HELM ?? join(folder, 'helm'),
      CARTWRIGHT_TEST_REGISTRY: process.env.CARTWRIGHT_TEST_REGISTRY ?? '127.0.0.1:5000',
      CARTWRIGHT_TEST_BUILD_NETWORK: process.env.CARTWRIGHT_TEST_BUILD_NETWORK ?? 'host',
    });
  } finally {
    if (!wasUp) run('down', name);
  }
}

function run(program: string, ...options: readonly string[]): string {
  return execFileSync(join(folder, program), options, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 16 * 1024 * 1024,
  }).trim();
}

const path = (): string => [run('build'), process.env.PATH].join(delimiter);

/** Lines `export NAME=VALUE`, as they are printed for a shell. */
function exported(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^export ([A-Z_]+)=(.*)$/gm)].map(([, key, value]) => [key!, value!]));
}

/** A file in the state folder of a cluster that was started by these programs. */
export function stateOf(cluster: string, file: string): string {
  return join(process.env.CARTWRIGHT_KUBE_STATE ?? '/tmp/cartwright-kube', cluster, file);
}

function isUp(): boolean {
  const kubeconfig = stateOf(name, 'kubeconfig');
  if (!existsSync(kubeconfig)) return false;
  const asked = ['--kubeconfig', kubeconfig, '--request-timeout=5s', 'get', '--raw', '/readyz'];
  return spawnSync('kubectl', asked, { stdio: 'ignore', env: { ...process.env, PATH: path() } }).status === 0;
}
