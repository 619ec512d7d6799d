/** A fault of a host cluster, and which of them a run makes. */
import { createHash } from 'node:crypto';
import { eventually } from '../../support/eventually.ts';
import { steadyLoad } from '../../support/steady-load.ts';
import type { FaultyProxy } from '../../support/faulty-proxy.ts';
import { LIMIT, type KubernetesWorld } from '../world.ts';

interface Scene {
  readonly world: KubernetesWorld;
  /** Between the control plane and the API server. */
  readonly proxy: FaultyProxy;
  readonly random: () => number;
}

export interface Fault {
  /** What is claimed, as a sentence. */
  readonly name: string;
  /** `programs`: it needs the programs of the cluster; `nodes`: these, and a second node. */
  readonly needs?: 'programs' | 'nodes';
  /** Begins and ends with two instances that serve, and two load balancers. */
  readonly run: (scene: Scene) => Promise<void>;
}

/** Instances that serve before each fault, and after it. */
export const AT_REST = 2;

export async function atRest(world: KubernetesWorld, instances = AT_REST): Promise<void> {
  await world.rests(instances);
  await eventually('two load balancers', async () => (await world.active('lb')).length === 2, LIMIT);
}

/** Why requests failed that came all the time while `work` ran. */
export async function failedDuring(world: KubernetesWorld, work: () => Promise<unknown>): Promise<string[]> {
  const load = steadyLoad(await world.url(), 2);
  try {
    await work();
  } finally {
    await load.stop();
  }
  const { sent, failed } = await load.stop();
  if (sent < 10) throw new Error(`only ${sent} requests were sent`);
  return failed;
}

/** A quarter of them, another one for each seed in turn; every one is in one of four that follow each other. */
export function quarterOf<T extends { readonly name: string }>(all: readonly T[], seed: number): T[] {
  const rank = ({ name }: T): string => createHash('sha256').update(name).digest('hex');
  return [...all].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).filter((_, index) => index % 4 === seed % 4);
}
