/** What happens while the load runs: a commit at full load, an instance killed, the control plane killed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processRecord } from '../../schema/agent/instance.ts';
import { CartwrightError } from '../app/errors.ts';
import type { DemoObserver, Snapshot } from './observer.ts';
import type { Screen } from './screen.ts';
import { commitNewVersion, type World } from './world.ts';

/** When each thing happened, in milliseconds since the epoch. */
export interface Moments {
  update: { from: number; to: number } | null;
  kill: { at: number; instance: string; replacedAt: number | null } | null;
  controlPlaneKill: { from: number; to: number } | null;
}

export interface ScenarioOptions {
  readonly world: World;
  readonly observer: DemoObserver;
  readonly screen: Screen;
  /** Beginning of the load, and its length. */
  readonly startedAt: number;
  readonly seconds: number;
  /** Ends every waiting. */
  readonly signal: AbortSignal;
}

/** Shares of the load's length at which things begin; each waits for the one before. */
const UPDATE_AT = 0.3;
const KILL_AT = 0.48;
const CONTROL_PLANE_KILL_AT = 0.56;
const AWAY_MILLISECONDS = 5000;
const SETTLE_MILLISECONDS = 5000;

/** Resolves with the first snapshot that fits; throws `DEMO_FAILED` after the limit. */
export async function waitFor(
  observer: DemoObserver,
  what: string,
  fits: (snapshot: Snapshot) => boolean,
  seconds: number,
): Promise<Snapshot> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const { latest } = observer;
    if (latest !== undefined && fits(latest)) return latest;
    if (observer.isClosed) throw new CartwrightError('DEMO_INTERRUPTED', `the demo ended while it waited: ${what}`);
    await sleep(50);
  }
  throw new CartwrightError('DEMO_FAILED', `waited ${seconds} s in vain: ${what}`);
}

async function until(options: ScenarioOptions, share: number): Promise<void> {
  const wait = options.startedAt + share * options.seconds * 1000 - Date.now();
  if (wait > 0) await sleep(wait, undefined, { signal: options.signal });
}

export async function playScenario(options: ScenarioOptions): Promise<Moments> {
  const moments: Moments = { update: null, kill: null, controlPlaneKill: null };
  await until(options, UPDATE_AT);
  moments.update = await update(options);
  await until(options, KILL_AT);
  moments.kill = await killInstance(options);
  await until(options, CONTROL_PLANE_KILL_AT);
  moments.controlPlaneKill = await killControlPlane(options);
  return moments;
}

async function update({ world, observer, screen }: ScenarioOptions): Promise<NonNullable<Moments['update']>> {
  const from = Date.now();
  const commit = await commitNewVersion(world.repository, '2.0.0');
  screen.say(`A developer pushes commit ${commit}. It is built, then rolled out a few instances at a time.`);
  await waitFor(observer, 'the roll-out of the new commit begins', ({ rollout }) => rollout !== null, 60);
  screen.say('The roll-out begins.');
  await waitFor(observer, 'the roll-out ends', ({ rollout }) => rollout === null, 120);
  const stays =
    observer.latest?.instances.every(({ state, release }) => state !== 'ACTIVE' || release?.number === 2) ?? false;
  if (!stays)
    throw new CartwrightError('DEMO_FAILED', 'the roll-out ended, but not every active instance runs release 2');
  screen.say(`Every instance runs release 2, ${((Date.now() - from) / 1000).toFixed(0)} s after the push.`);
  return { from, to: Date.now() };
}

async function killInstance({ world, observer, screen }: ScenarioOptions): Promise<NonNullable<Moments['kill']>> {
  const victim = (await waitFor(observer, 'two instances are active', ({ active }) => active >= 2, 60)).instances.find(
    ({ state }) => state === 'ACTIVE',
  );
  if (victim === undefined) throw new CartwrightError('DEMO_FAILED', 'there is no active instance to be killed');
  const file = join(world.folders.data, 'instances', victim.uid, 'agent.json');
  const { agent, application } = processRecord.parse(JSON.parse(await readFile(file, 'utf8')));
  const at = Date.now();
  for (const pid of [application?.pid, agent.pid]) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  screen.say(`Instance ${victim.uid} is killed: agent and application, with SIGKILL.`, at);
  const isReplaced = ({ instances }: Snapshot): boolean =>
    instances.some(({ createdAt, state }) => Date.parse(createdAt) >= at && state === 'ACTIVE');
  await waitFor(observer, 'the killed instance is replaced', isReplaced, 30);
  const replacedAt = Math.min(
    ...[...observer.instances.values()].flatMap(({ createdAt, activeAt }) =>
      Date.parse(createdAt) >= at && activeAt !== null ? [Date.parse(activeAt)] : [],
    ),
  );
  screen.say(`Another one serves in its place ${((replacedAt - at) / 1000).toFixed(1)} s later.`);
  return { at, instance: victim.uid, replacedAt };
}

async function killControlPlane({
  world,
  observer,
  screen,
  signal,
}: ScenarioOptions): Promise<NonNullable<Moments['controlPlaneKill']>> {
  const before = new Set(observer.latest?.instances.filter(({ state }) => state === 'ACTIVE').map(({ uid }) => uid));
  const from = Date.now();
  await world.controlPlane.end('SIGKILL');
  screen.say('The control plane is killed with SIGKILL. Requests go on: the load balancer keeps its last topology.');
  await sleep(AWAY_MILLISECONDS, undefined, { signal });
  await world.controlPlane.start();
  const back = Date.now();
  await waitFor(observer, 'the control plane reports again', ({ at }) => at >= back, 30);
  const found = await waitFor(
    observer,
    'the instances are adopted',
    ({ instances }) => instances.some(({ uid, state }) => before.has(uid) && state === 'ACTIVE'),
    30,
  );
  const adopted = found.instances.filter(({ uid }) => before.has(uid)).length;
  screen.say(`It is back and has adopted ${adopted} of ${before.size} instances; none was started twice.`);
  await sleep(SETTLE_MILLISECONDS, undefined, { signal });
  return { from, to: Date.now() };
}
