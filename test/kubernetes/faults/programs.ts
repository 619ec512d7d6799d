/** The programs of the cluster of the tests, and its nodes' network: faults made for real. Only where the tests have started the cluster. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateOf } from '../environment.ts';

/** Where `program` is and what the cluster is called; null: the cluster is somebody else's. */
const { CARTWRIGHT_TEST_PROGRAMS: folder, CARTWRIGHT_TEST_KUBE_NAME: name } = process.env;

export const hasPrograms = folder !== undefined && name !== undefined;

/** `what`: `apiserver`, `kubelet-2` and so on. */
export function program(action: 'start' | 'kill' | 'freeze' | 'thaw', what: string, cluster = name!): void {
  execFileSync(join(folder!, 'program'), [action, what, cluster], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Cuts a node, from 1 on, off from all others and from this machine; and connects it again. */
export function connected(node: number, isConnected: boolean, cluster = name!): void {
  const index = readFileSync(stateOf(cluster, 'index'), 'utf8').trim();
  execFileSync('ip', ['link', 'set', `cw${index}-${node}`, isConnected ? 'up' : 'down']);
}

/** All of Kubernetes' controllers run meanwhile but one, such as `replicaset-controller`: what that one is to do is not done. */
export async function withoutController(controller: string, work: () => Promise<void>, cluster = name!): Promise<void> {
  const all = readFileSync(stateOf(cluster, 'programs/controller-manager'), 'utf8');
  const others = all.replace('kube-controller-manager ', `$&--controllers=*,-${controller} `);
  writeFileSync(stateOf(cluster, 'programs/other-controllers'), others, { mode: 0o755 });
  program('kill', 'controller-manager', cluster);
  program('start', 'other-controllers', cluster);
  try {
    await work();
  } finally {
    program('kill', 'other-controllers', cluster);
    program('start', 'controller-manager', cluster);
  }
}

/** Another cluster beside it; `close` takes it down. */
export function anotherCluster(): { readonly name: string; readonly kubeconfig: string; readonly close: () => void } {
  const another = `${name!.slice(0, 9)}2`;
  const path = execFileSync(join(folder!, 'up'), [another, '1'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return {
    name: another,
    kubeconfig: readFileSync(path.trim().split('\n').at(-1)!, 'utf8'),
    close: () => execFileSync(join(folder!, 'down'), [another], { stdio: ['ignore', 'ignore', 'inherit'] }),
  };
}
