/**
 * The life of an application, step by step: each asks for something with an idempotency key, says what has to have come of it, and
 * is a time in which the control plane is killed. Steps may be left out.
 */
import { eventually } from '../support/eventually.ts';
import { signalIfThere } from '../support/signal.ts';
import { apply, deploy, manifest, REF, remove, rollback, scale } from './mutations.ts';
import { instanceProcesses } from './processes.ts';
import type { Plan } from './program/fault-points.ts';
import type { World } from './world.ts';

/** What shall be, once a step has been carried out. */
export interface Expected {
  readonly isThere: boolean;
  /** Instances of the component. */
  readonly instances: number;
  /** Version of each release, from number 1 on; as many sources and builds. */
  readonly versions: readonly string[];
  /** Number of the release that runs; 0: none. */
  readonly release: number;
  readonly rollouts: number;
  readonly override: number | null;
}

export interface Step {
  readonly name: string;
  /** Asks until it is answered, and returns the answer; asked again, the answer shall be the same. */
  readonly act: (world: World, run: string, before: Expected) => Promise<unknown>;
  readonly next: (before: Expected) => Expected;
  /** Brings the plan to the control plane before the step is carried out; to the one that runs if absent. */
  readonly begin?: (world: World, plan: Plan | null) => Promise<void>;
  /** Whether every agent and application that ran before has to run on, the same processes. */
  readonly leavesAlone?: true;
}

export const NOTHING: Expected = {
  isThere: false,
  instances: 0,
  versions: [],
  release: 0,
  rollouts: 0,
  override: null,
};

const GONE_MILLISECONDS = 60_000;

function released(before: Expected, version: string): Expected {
  const versions = [...before.versions, version];
  return { ...before, versions, release: versions.length, rollouts: before.rollouts + 1 };
}

const nothing = async (): Promise<null> => null;

export const STEPS: readonly Step[] = [
  {
    name: 'first-start',
    begin: (world, plan) => world.start(plan),
    act: nothing,
    next: (before) => before,
  },
  {
    name: 'apply',
    act: async (world, run) => {
      await world.sources.commit('first');
      return apply(world, { manifests: manifest(world), idempotencyKey: `${run}-apply` });
    },
    next: (before) => ({ ...released(before, 'first'), isThere: true, instances: 1 }),
  },
  {
    name: 'deploy',
    act: async (world, run) => {
      await world.sources.commit('from Git');
      return deploy(world, { ref: REF, idempotencyKey: `${run}-deploy` });
    },
    next: (before) => released(before, 'from Git'),
  },
  {
    name: 'scale',
    act: (world, run) =>
      scale(world, { ref: REF, kind: 'PIN', instances: 3, reason: 'a test', idempotencyKey: `${run}-scale` }),
    next: (before) => ({ ...before, instances: 3, override: 3 }),
  },
  // Killed from outside; the point is one of its way back.
  {
    name: 'restart',
    begin: (world, plan) => world.killNow(plan),
    act: nothing,
    next: (before) => before,
    leavesAlone: true,
  },
  {
    name: 'roll-out',
    act: async (world, run) => {
      const archive = await world.sources.archive('uploaded');
      const uploadDigest = await world.persist(() => world.platform.upload(archive));
      return deploy(world, { ref: REF, uploadDigest, idempotencyKey: `${run}-roll-out` });
    },
    next: (before) => released(before, 'uploaded'),
  },
  {
    name: 'roll-back',
    act: (world, run, { release }) =>
      rollback(world, { ref: REF, releaseNumber: release - 1, idempotencyKey: `${run}-roll-back` }),
    next: (before) => ({ ...before, release: before.release - 1, rollouts: before.rollouts + 1 }),
  },
  // Instances are given tokens of the new key by the control plane that comes back.
  {
    name: 'rotate-key',
    begin: async (world, plan) => {
      await world.rotateKey();
      await world.killNow(plan);
    },
    act: nothing,
    next: (before) => before,
    leavesAlone: true,
  },
  { name: 'kill-instance', act: killInstance, next: (before) => before },
  {
    name: 'delete',
    act: (world, run) => remove(world, { name: 'shop', idempotencyKey: `${run}-delete` }),
    next: (before) => ({ ...before, isThere: false, instances: 0 }),
  },
];

/** As the machine does when memory is short. Resolves when it is known to have ended. */
async function killInstance(world: World): Promise<null> {
  const [victim] = world.rows(`select uid from instance where alias = 'web' and state = 'active' order by uid`);
  for (const { pid, instance } of await instanceProcesses(world.platform.data)) {
    if (instance === victim?.uid) signalIfThere(pid, 'SIGKILL');
  }
  await eventually(
    'the instance has ended',
    () => world.rows(`select state from instance where uid = '${String(victim?.uid)}'`)[0]?.state === 'terminated',
    GONE_MILLISECONDS,
  );
  return null;
}
