import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { Folder } from '../../adapters/database/testing/folder.ts';
import type { DatabaseStore } from '../../adapters/database/store.ts';
import { newUid } from '../../../schema/ids.ts';
import { decide } from '../../domain/autoscaling/decide.ts';
import type { DecisionInput, WindowSecond } from '../../domain/autoscaling/decision.ts';
import { explain } from '../../domain/autoscaling/explain.ts';
import { replay } from '../../domain/autoscaling/replay.ts';
import { StoreUnavailable } from '../errors.ts';
import type { DecisionRecord } from '../records/decisions.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { CLOCK, clusterOf, NOW } from '../testing/records.ts';
import { hooked } from '../testing/store.ts';
import { DecisionJournal } from './decision-journal.ts';

let folder: Folder;
let store: DatabaseStore;
let journal: DecisionJournal;
let cluster: ClusterState;
let isAway: boolean;
const failures: unknown[] = [];
let writes: number;

beforeEach(async () => {
  folder = await Folder.make();
  store = await folder.open();
  isAway = false;
  failures.length = writes = 0;
  cluster = clusterOf();
  const before = async (): Promise<void> => {
    if (isAway) throw new StoreUnavailable('DATABASE_LOCKED', 'locked');
    writes += 1;
  };
  journal = new DecisionJournal({
    store: hooked(store, { before }),
    onFailure: (error) => failures.push(error),
    clock: CLOCK,
    newUid,
  });
});
afterEach(async () => {
  await journal.close([]);
  await folder.close();
});

/** A decision `seconds` after the begin, with a constant demand of so many requests in flight. */
function inputAt(seconds: number, demand: number, wanted: number, changes: Partial<DecisionInput> = {}): DecisionInput {
  const now = NOW + 1000 * seconds;
  const window: WindowSecond[] = Array.from({ length: 30 }, (_, index) => ({
    second: now / 1000 - 30 + index,
    // Neither round nor exact in binary: what a database must give back to the bit.
    total: demand + Math.sin(index) / 3,
  }));
  return {
    now,
    key: 'acme/shop/web',
    policy: {
      minimum: 1,
      maximum: 10,
      windowSeconds: 30,
      tolerance: 0.1,
      scaleUp: { maximumInstances: 8, maximumFactor: 3, periodSeconds: 10 },
      scaleDown: { maximumInstances: 4, periodSeconds: 10, regretSeconds: 30 },
    },
    factors: [{ name: 'requestsInFlight', target: 7, base: 0, window }],
    horizonSeconds: 4,
    wanted,
    instances: { active: wanted, starting: 0, failedStarting: 0, unreachable: 0 },
    freshnessSeconds: 0.5,
    staleSeconds: 15,
    windowsFull: true,
    history: [],
    recentProposals: [],
    proposalsSince: NOW - 60_000,
    throughput: 10,
    errorShare: 0,
    queued: 0,
    override: null,
    paused: false,
    shadow: false,
    frozen: null,
    silenced: false,
    quota: 20,
    room: 20,
    ...changes,
  };
}

/** As the decider does: an action is stored with what it changes. */
async function note(input: DecisionInput): Promise<DecisionRecord> {
  const decision = decide(input);
  const record = journal.next(cluster, decision, input, explain(decision, input));
  if (record.acted) await store.decisions.save(record);
  journal.note(cluster, record);
  return record;
}
const rows = async () => {
  await journal.close([]);
  return store.decisions.find({ cluster: cluster.record.uid });
};

test('equal non-actions in a row are one row with their count, from the first to the last', async () => {
  for (let second = 0; second < 20; second += 1) await note(inputAt(second, 6, 1));
  await journal.close([cluster]);
  const [row, ...others] = await store.decisions.find({});
  expect(others).toEqual([]);
  expect(row).toMatchObject({ acted: false, from: 1, to: 1, count: 20, at: NOW, lastAt: NOW + 19_000 });
  expect(row!.input?.now).toBe(NOW + 19_000);
});

test('an action is a row of its own, with all inputs; the run before it ends with its count', async () => {
  for (let second = 0; second < 5; second += 1) await note(inputAt(second, 6, 1));
  const action = await note(inputAt(5, 30, 1));
  await note(inputAt(6, 30, action.to));
  await note(inputAt(7, 30, action.to));
  const found = await rows();
  expect(found.map(({ acted, count, from }) => [acted, count, from])).toEqual([
    [false, 5, 1],
    [true, 1, 1],
    // The run that goes on is written when it begins; its count comes with its end.
    [false, 1, action.to],
  ]);
});

test('what is stored is computed again to the bit', async () => {
  await note(inputAt(0, 6, 1));
  await note(inputAt(1, 33.3333, 1));
  await note(inputAt(2, 6, 5, { recentProposals: [{ at: NOW - 31_000, instances: 1 }] }));
  await note(inputAt(3, 6, 5, { paused: true }));
  const found = await rows();
  expect(found).toHaveLength(4);
  for (const { input, decision } of found) {
    expect(replay(input!, decision)).toMatchObject({ same: true, difference: null });
    expect(decide(input!)).toEqual(decision);
  }
});

test('a non-action for another reason, or by other clamps, begins another row', async () => {
  const busy = { quota: 2 };
  await note(inputAt(0, 4, 2));
  await note(inputAt(1, 30, 2, busy));
  await note(inputAt(2, 30, 2, busy));
  await note(inputAt(3, 30, 2, { paused: true }));
  await journal.close([cluster]);
  const found = await store.decisions.find({});
  expect(found.map(({ reasonCode, count }) => [reasonCode, count])).toEqual([
    ['requestsInFlight', 1],
    ['quota', 2],
    ['paused', 1],
  ]);
});

test('a long run is written now and then, not each time', async () => {
  for (let second = 0; second < 65; second += 1) await note(inputAt(second, 6, 1));
  await rows();
  expect(writes).toBeLessThan(4);
  expect((await store.decisions.find({}))[0]).toMatchObject({ count: 61 });
});

test('an action is told to who follows at once; its row is there already', async () => {
  const { version } = cluster.decided;
  const action = await note(inputAt(0, 30, 1));
  expect(cluster.decided.version).toBeGreaterThan(version);
  expect((await store.decisions.get(action.uid))?.acted).toBe(true);
  expect(writes).toBe(0);
});

test('a non-action that the database could not take is stored when it is back, and told to who follows', async () => {
  isAway = true;
  const { version } = cluster.decided;
  const first = await note(inputAt(0, 6, 1));
  await eventually('the failure', () => failures.length === 1);
  await note(inputAt(1, 30, 1, { quota: 1 }));
  expect(cluster.decided.version).toBe(version);
  isAway = false;
  const followed = cluster.decided.after(version, AbortSignal.timeout(5000));
  await followed;
  await eventually('both rows', async () => (await store.decisions.find({})).length === 2);
  expect((await store.decisions.get(first.uid))?.acted).toBe(false);
});
