/** What has to hold whenever the control plane is back and has had its time, wherever it was killed. Each returns what does not. */
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTopic } from '../../schema/mqtt/topics.ts';
import { eventProblems } from './event-chains.ts';
import { instanceProcesses } from './processes.ts';
import type { Expected } from './scenario.ts';
import { tokenProblems } from './tokens.ts';
import type { World } from './world.ts';

type Row = Record<string, unknown>;

export interface Wanted extends Expected {
  /** Process ids of the agents and applications, where they have to be these; `null` where they may be others. */
  readonly processes: readonly number[] | null;
}

/** Everything that is not as it has to be, one sentence each. */
export async function problems(world: World, expected: Wanted): Promise<string[]> {
  return [
    ...world.accidents,
    ...desiredState(world, expected),
    ...(await instances(world, expected)),
    ...(await leftAlone(world, expected)),
    ...(await tokenProblems(world)),
    ...(await releases(world, expected)),
    ...(await retained(world)),
    ...(await leftovers(world)),
    ...eventProblems(world),
  ];
}

function compare(what: string, seen: unknown, wanted: unknown): string[] {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
  return a === b ? [] : [`${what}: ${a}, and should be ${b}`];
}

const names = (rows: readonly Row[], column: string): string[] => rows.map((row) => String(row[column])).toSorted();

/** What was asked for is there, whole and once. */
function desiredState(world: World, expected: Expected): string[] {
  const clusters = world.rows('select * from cluster');
  const web = clusters.find(({ alias }) => alias === 'web');
  const { isThere } = expected;
  const override = typeof web?.override === 'string' ? (JSON.parse(web.override) as Row).instances : null;
  return [
    ...compare('applications', names(world.rows('select name from application'), 'name'), isThere ? ['shop'] : []),
    ...compare('service clusters', names(clusters, 'alias'), isThere ? ['lb', 'web'] : []),
    ...compare('sources', world.rows('select uid from source').length, expected.versions.length),
    ...compare(
      'states of the builds',
      [...new Set(names(world.rows('select state from build'), 'state'))],
      expected.versions.length > 0 ? ['succeeded'] : [],
    ),
    ...compare('builds', world.rows('select uid from build').length, expected.versions.length),
    ...(isThere
      ? [
          ...compare('instances wanted', web?.wanted, expected.instances),
          ...compare('the override', override, expected.override),
        ]
      : []),
  ];
}

/** Each instance is known, runs once, and nothing else does. */
async function instances(world: World, expected: Expected): Promise<string[]> {
  const live = world.rows(`select uid, alias, state from instance where state != 'terminated'`);
  const uids = names(live, 'uid');
  const processes = await instanceProcesses(world.platform.data);
  const folders = await readdir(join(world.platform.data, 'instances'));
  const count = (alias: string): number => live.filter((row) => row.alias === alias).length;
  return [
    ...compare('instances of web', count('web'), expected.instances),
    ...compare('load balancers', count('lb'), expected.isThere ? 1 : 0),
    ...compare('their states', [...new Set(names(live, 'state'))], live.length > 0 ? ['active'] : []),
    ...compare('folders of instances', folders.toSorted(), uids),
    ...compare(
      'agents',
      processes
        .filter(({ isAgent }) => isAgent)
        .map(({ instance }) => instance)
        .toSorted(),
      uids,
    ),
    ...processes
      .filter(({ instance }) => !uids.includes(instance))
      .map(({ pid, instance }) => `process ${pid} of instance ${instance}, which has ended, still runs`),
  ];
}

async function leftAlone(world: World, { processes }: Wanted): Promise<string[]> {
  if (processes === null) return [];
  const inOrder = (pids: readonly number[]): number[] => pids.toSorted((a, b) => a - b);
  return compare(
    'agents and applications that run on',
    inOrder(await world.platform.agentsAndApplications()),
    inOrder(processes),
  );
}

/** One release runs, everywhere and completely, and the records say the same. */
async function releases(world: World, expected: Expected): Promise<string[]> {
  const all = world.rows(
    `select release.* from release join cluster on cluster.uid = release.cluster where alias = 'web'`,
  );
  const rollouts = world.rows(
    `select rollout.* from rollout join cluster on cluster.uid = rollout.cluster where alias = 'web'`,
  );
  const [web] = world.rows(`select * from cluster where alias = 'web'`);
  if (!expected.isThere || web === undefined) return [];
  const stable = names(
    all.filter(({ state }) => state === 'stable'),
    'uid',
  );
  const found = [
    ...compare('releases', all.length, expected.versions.length),
    ...compare('releases called stable', stable, [String(web.stable_release)]),
    ...compare('the candidate', web.candidate_release, null),
    ...compare('releases that wait', all.filter(({ state }) => state === 'candidate').length, 0),
    ...compare('roll-outs', rollouts.length, expected.rollouts),
    ...rollouts
      .filter(({ state }) => state !== 'succeeded')
      .map(({ uid, state, reason }) => `roll-out ${String(uid)} is ${String(state)}: ${String(reason)}`),
  ];
  for (const { uid, host, port, release } of world.rows(
    `select * from instance where alias = 'web' and state != 'terminated'`,
  )) {
    const folder = join(world.platform.data, 'instances', String(uid));
    const current = await readlink(join(folder, 'current')).catch(() => 'no link');
    const answer = await fetch(`http://${String(host)}:${String(port)}/`).then(
      (response) => response.text(),
      (error: unknown) => String(error),
    );
    found.push(
      ...compare(`release of ${String(uid)} by its record`, release, web.stable_release),
      ...compare(`release of ${String(uid)} on its disk`, current, `releases/${String(web.stable_release)}/tree`),
      ...compare(`version of ${String(uid)}`, answer, expected.versions[expected.release - 1]),
    );
  }
  return found;
}

/** Nothing is retained for those who come later of what is gone. */
async function retained(world: World): Promise<string[]> {
  const live = names(world.rows(`select uid from instance where state != 'terminated'`), 'uid');
  const clusters = names(world.rows('select alias from cluster'), 'alias');
  return (await world.broker.retained()).flatMap((topic) => {
    const parsed = parseTopic(topic);
    if (parsed?.kind === 'cluster') return clusters.includes(parsed.key.alias) ? [] : [`still retained: ${topic}`];
    return parsed?.kind === 'instance' && live.includes(parsed.key.instance) ? [] : [`still retained: ${topic}`];
  });
}

/** Nothing half done lies about in the data folder. */
async function leftovers(world: World): Promise<string[]> {
  const { data } = world.platform;
  const found: string[] = [];
  for (const folder of ['artifacts/incoming', 'builds/scratch']) {
    for (const name of await readdir(join(data, folder))) found.push(`left behind: ${folder}/${name}`);
  }
  const files = (await readdir(join(data, 'artifacts'))).map((name) => name.replace('.tar.gz', ''));
  for (const { uid } of world.rows('select uid from artifact')) {
    if (!files.includes(String(uid))) found.push(`artifact ${String(uid)} has no file`);
  }
  return found;
}
