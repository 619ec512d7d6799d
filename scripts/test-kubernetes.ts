/**
 * `npm run test:kubernetes [-- PATH… --all]`: the tests named `*.kubernetes-test.ts`, on a real cluster and with a real image registry.
 *
 * With KUBECONFIG set they run on that cluster, and images are pushed to CARTWRIGHT_TEST_REGISTRY, from which it must be able to
 * pull. Without, a cluster and a registry are started by the programs `up`, `down` and `registry` of the folder
 * CARTWRIGHT_TEST_KUBE (`../shared/kube` beside the package if absent), and the cluster is taken down again if it was not there
 * before. Helm is CARTWRIGHT_TEST_HELM, the program `helm` of that folder, or that of the PATH. `--all` runs what takes long, too. Other arguments go on to Jest.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = resolve(root, process.env.CARTWRIGHT_TEST_KUBE ?? '../shared/kube');
/** Of the cluster that is started; several runs side by side need several. */
const name = process.env.CARTWRIGHT_TEST_KUBE_NAME ?? 'cartwright';

const isAll = process.argv.includes('--all');
const args = process.argv.slice(2).filter((argument) => argument !== '--all');

function run(program: string, ...options: readonly string[]): string {
  return execFileSync(join(folder, program), options, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 16 * 1024 * 1024,
  }).trim();
}

/** Lines `export NAME=VALUE`, as they are printed for a shell. */
function exported(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^export ([A-Z_]+)=(.*)$/gm)].map(([, key, value]) => [key!, value!]));
}

function isUp(): boolean {
  const kubeconfig = join(process.env.CARTWRIGHT_KUBE_STATE ?? '/tmp/cartwright-kube', name, 'kubeconfig');
  if (!existsSync(kubeconfig)) return false;
  const path = [run('build'), process.env.PATH].join(delimiter);
  const asked = ['--kubeconfig', kubeconfig, '--request-timeout=5s', 'get', '--raw', '/readyz'];
  return spawnSync('kubectl', asked, { stdio: 'ignore', env: { ...process.env, PATH: path } }).status === 0;
}

function test(environment: NodeJS.ProcessEnv): number {
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      join(root, 'node_modules/jest/bin/jest.js'),
      '--maxWorkers=1',
      ...args,
      // Last: Jest takes what follows it for further patterns.
      '--testMatch=**/*.kubernetes-test.ts',
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...(isAll ? { CARTWRIGHT_TEST_ALL: '1' } : {}), ...environment },
    },
  );
  return status ?? 1;
}

function testHere(): number {
  if (!existsSync(join(folder, 'up'))) {
    console.error(
      `test:kubernetes needs a cluster: set KUBECONFIG, or CARTWRIGHT_TEST_KUBE to a folder with the programs up, down and registry (${folder} is none)`,
    );
    return 1;
  }
  const registry = exported(run('registry'));
  const wasUp = isUp();
  try {
    const kubeconfig = run('up', name).split('\n').at(-1)!;
    return test({
      ...registry,
      PATH: [run('build'), process.env.PATH].join(delimiter),
      KUBECONFIG: kubeconfig,
      CARTWRIGHT_TEST_HELM: process.env.CARTWRIGHT_TEST_HELM ?? join(folder, 'helm'),
      CARTWRIGHT_TEST_REGISTRY: process.env.CARTWRIGHT_TEST_REGISTRY ?? '127.0.0.1:5000',
      CARTWRIGHT_TEST_BUILD_NETWORK: process.env.CARTWRIGHT_TEST_BUILD_NETWORK ?? 'host',
    });
  } finally {
    if (!wasUp) run('down', name);
  }
}

process.exitCode = process.env.KUBECONFIG === undefined ? testHere() : test({});
