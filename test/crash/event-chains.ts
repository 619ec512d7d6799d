/** Every event chain is complete: what happened is told from its beginning to its end, once, and each cause can be looked up. */
import type { World } from './world.ts';

type Row = Record<string, unknown>;

/** What an event type has to have come to for each row of a table. */
interface Chain {
  readonly table: string;
  readonly types: (row: Row) => Readonly<Record<string, number>>;
  /** The events of a row; by subject if absent. */
  readonly of?: (event: Row, row: Row) => boolean;
}

const ofRollout = (event: Row, row: Row): boolean => (JSON.parse(String(event.data)) as Row).rollout === row.uid;

const CHAINS: readonly Chain[] = [
  { table: 'application', types: () => ({ 'application.created': 1 }) },
  { table: 'cluster', types: () => ({ 'cluster.created': 1 }) },
  {
    table: 'instance',
    types: ({ state, active_at }) => ({
      'instance.created': 1,
      'instance.terminated': state === 'terminated' ? 1 : 0,
      ...(active_at === null ? { 'instance.active': 0 } : {}),
    }),
  },
  { table: 'release', types: () => ({ 'release.created': 1 }) },
  {
    table: 'build',
    types: ({ state }) => ({
      'build.succeeded': state === 'succeeded' ? 1 : 0,
      'build.failed': state === 'failed' ? 1 : 0,
    }),
  },
  {
    table: 'rollout',
    types: ({ state }) => ({
      'rollout.started': 1,
      'rollout.succeeded': state === 'succeeded' ? 1 : 0,
      'rollout.returned': state === 'returned' ? 1 : 0,
    }),
    of: ofRollout,
  },
];

export function eventProblems(world: World): string[] {
  const events = world.rows('select * from event order by sequence');
  const found: string[] = [];
  for (const { table, types, of = (event: Row, row: Row): boolean => event.subject_uid === row.uid } of CHAINS) {
    for (const row of world.rows(`select * from "${table}"`)) {
      const own = events.filter((event) => of(event, row));
      for (const [type, wanted] of Object.entries(types(row))) {
        const count = own.filter((event) => event.type === type).length;
        if (count !== wanted)
          found.push(
            `${table} ${String(row.uid)} (${String(row.state)}) has ${count} events ${type}, and should have ${wanted}`,
          );
      }
    }
  }
  return [...found, ...deleted(world, events), ...scaled(world, events), ...causes(world, events)];
}

/** What was there and is gone has ended in words, too. */
function deleted(world: World, events: readonly Row[]): string[] {
  const found: string[] = [];
  for (const kind of ['application', 'cluster']) {
    const present = new Set(world.rows(`select uid from ${kind}`).map(({ uid }) => uid));
    for (const { subject_uid: uid } of events.filter(({ type }) => type === `${kind}.created`)) {
      const count = (type: string): number =>
        events.filter((event) => event.subject_uid === uid && event.type === `${kind}.${type}`).length;
      const wanted = present.has(uid) ? 0 : 1;
      for (const type of ['deleting', 'deleted']) {
        if (count(type) !== wanted)
          found.push(`${kind} ${String(uid)} has ${count(type)} events ${kind}.${type}, and should have ${wanted}`);
      }
    }
  }
  return found;
}

/** Each change of what is wanted begins where the last one ended. */
function scaled(world: World, events: readonly Row[]): string[] {
  const found: string[] = [];
  for (const { uid, wanted } of world.rows('select uid, wanted from cluster')) {
    let last: number | null = null;
    for (const event of events.filter(({ type, subject_uid }) => type === 'cluster.scaled' && subject_uid === uid)) {
      const { from, to } = JSON.parse(String(event.data)) as { from: number; to: number };
      if (last !== null && from !== last)
        found.push(`service cluster ${String(uid)} was scaled from ${from} after ${last}`);
      last = to;
    }
    if (last !== null && last !== wanted)
      found.push(`service cluster ${String(uid)} was scaled to ${last} and wants ${String(wanted)}`);
  }
  return found;
}

function causes(world: World, events: readonly Row[]): string[] {
  const known = new Set<unknown>([null]);
  for (const table of ['decision', 'rollout', 'release', 'build', 'source', 'token']) {
    for (const { uid } of world.rows(`select uid from "${table}"`)) known.add(uid);
  }
  return events
    .filter(({ cause }) => !known.has(cause))
    .map(({ type, cause }) => `the cause of an event ${String(type)}, ${String(cause)}, is not to be found`);
}
