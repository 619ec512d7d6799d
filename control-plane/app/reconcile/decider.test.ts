import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import { Agents } from '../testing/agents.ts';
import { application, document } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';

let platform: Platform;
let agents: Agents;
beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
});
afterEach(() => platform[Symbol.asyncDispose]());

const web = () => platform.cluster('web');

/** An application whose `web` runs one instance, with a full window of calm behind it. */
async function calm(component: Record<string, unknown> = {}, ...policies: string[]): Promise<void> {
  const shop = application('shop', [{ alias: 'web', cartridge: 'node', ...component }]);
  await platform.apply(policies.join('') + shop);
  await platform.release();
  for (let step = 0; step < 6; step += 1) {
    await platform.pass();
    agents.step();
    platform.now += 500;
  }
  observe(70, 2);
}

/** `seconds` of requests in flight at a level, up to now. */
function observe(seconds: number, inFlight: number, cluster: ClusterState = web()): void {
  for (let second = 0; second < seconds; second += 1) {
    const from = platform.now;
    platform.now += 1000;
    cluster.windows.observeDemand(
      'balancer',
      {
        from,
        to: platform.now,
        inFlight,
        queued: 0,
        arrivalsPerSecond: 10 * inFlight,
        completionsPerSecond: 10 * inFlight,
        errorsPerSecond: 0,
        endedPerSecond: 10 * inFlight,
        throttled: 0,
        affinityBroken: 0,
        ejections: 0,
        saturated: false,
        completions: 10 * inFlight,
        serviceSeconds: inFlight,
        queuedNow: 0,
      },
      platform.now,
    );
  }
}
const decide = (atFault = false) => platform.decide(web(), atFault);
const change = async (changes: Partial<ClusterRecord>): Promise<void> => {
  web().record = { ...web().record, ...changes };
  await platform.database.clusters.save(web().record);
};
const last = () => web().lastDecision!;
const stored = async () => (await platform.database.clusters.get(web().record.uid))!;

test('growing demand is wanted in the store, remembered, recorded and told', async () => {
  await calm();
  observe(5, 25);
  await decide();
  expect(last().to).toBeGreaterThan(1);
  expect(web().record.wanted).toBe(last().to);
  expect((await stored()).wanted).toBe(last().to);
  expect(web().memory.history).toMatchObject([{ from: 1, to: last().to }]);
  expect(await platform.events('cluster.scaled')).toMatchObject([
    { cause: last().uid, data: { from: 1, to: last().to, sentence: last().sentence } },
  ]);
});

test('what the database refuses has not happened: nothing wanted, nothing remembered as done, nothing told', async () => {
  await calm();
  observe(5, 25);
  const { memory, lastDecision } = web();
  platform.refuse = (what) => (what === 'transaction' ? new StoreUnavailable('DATABASE_LOCKED', 'l') : undefined);
  await expect(decide()).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
  expect(web().record.wanted).toBe(1);
  expect(web().memory.history).toEqual(memory.history);
  expect(web().lastDecision).toBe(lastDecision);
  expect(await platform.events('cluster.scaled')).toEqual([]);
  platform.refuse = () => undefined;
  await decide();
  expect((await stored()).wanted).toBe(last().to);
});

describe('while the database is locked', () => {
  const locked = (what: string) => (what === 'transaction' ? new StoreUnavailable('DATABASE_LOCKED', 'l') : undefined);

  async function wanting(inFlight: number): Promise<void> {
    observe(5, inFlight);
    await expect(decide()).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
  }

  test('deciding goes on, its record says that acting waits, and what was decided last is stored', async () => {
    await calm({ autoscaling: { maximum: 50 } });
    platform.refuse = locked;
    await wanting(25);
    const first = web().intent!.decision.acted;
    await wanting(60);
    expect(web().intent!.decision.acted).toBeGreaterThan(first);
    expect(last()).toMatchObject({ acted: false, reasonCode: 'waits-for-database', from: 1 });
    expect(last().sentence).toMatch(/; acting waits for the database, for 5 s\.$/);
    await wanting(60);
    expect(last()).toMatchObject({ count: 2, sentence: expect.stringContaining('for 10 s.') });
    platform.refuse = () => undefined;
    const wanted = web().intent!.decision.acted;
    await web().serial.run(() => platform.parts.decider.act(web()));
    expect((await stored()).wanted).toBe(wanted);
    expect(web()).toMatchObject({ record: { wanted }, intent: null });
    expect(last()).toMatchObject({ acted: true, from: 1, to: wanted });
    expect(last().sentence).toMatch(/; acting waited for the database, for 10 s\.$/);
    expect(web().memory.history).toMatchObject([{ from: 1, to: wanted }]);
    expect(await platform.events('cluster.scaled')).toMatchObject([{ cause: last().uid, data: { to: wanted } }]);
  });

  test('what is not wanted any more is not stored', async () => {
    await calm();
    platform.refuse = locked;
    await wanting(25);
    platform.refuse = () => undefined;
    observe(65, 2);
    await platform.parts.decider.decide(web(), false);
    expect(web().intent).toBeNull();
    await web().serial.run(() => platform.parts.decider.act(web()));
    expect((await stored()).wanted).toBe(1);
  });

  test('a write that waits takes what is decided meanwhile', async () => {
    await calm({ autoscaling: { maximum: 50 } });
    observe(5, 25);
    await platform.parts.decider.decide(web(), false);
    const other = new DatabaseSync(platform.path('cartwright.db'));
    other.exec('begin immediate');
    const acting = web().serial.run(() => platform.parts.decider.act(web()));
    observe(5, 60);
    await platform.parts.decider.decide(web(), false);
    const { acted } = web().intent!.decision;
    other.exec('rollback');
    other.close();
    await acting;
    expect((await stored()).wanted).toBe(acted);
    expect(web().record.wanted).toBe(acted);
  });
});

test('a decision that changes nothing writes nothing', async () => {
  await calm();
  platform.refuse = (what) => (what === 'transaction' ? new Error('not to be written') : undefined);
  await decide();
  expect(last()).toMatchObject({ acted: false, from: 1, to: 1 });
});

test('there is nothing to have more of without a release, or when it is being deleted', async () => {
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
  await decide();
  expect(web().lastDecision).toBeNull();
  await platform.release();
  await platform.pass();
  await change({ deletingSince: platform.now });
  await decide();
  expect(web().lastDecision).toBeNull();
});

describe('an override', () => {
  const override = (kind: 'pin' | 'floor', instances: number, seconds: number) => ({
    kind,
    instances,
    reason: 'sale',
    by: 'ann',
    createdAt: platform.now,
    expiresAt: platform.now + seconds * 1000,
  });

  test('pins the number until it expires, which is an event, and is gone from the store then', async () => {
    await calm();
    await change({ override: override('pin', 4, 60) });
    await decide();
    expect(web().record.wanted).toBe(4);
    observe(59, 2);
    await decide();
    expect(web().record.override).not.toBeNull();
    observe(1, 2);
    await decide();
    expect(web().record.override).toBeNull();
    expect((await stored()).override).toBeNull();
    expect(await platform.events('cluster.override-expired')).toMatchObject([
      { data: { instances: 4, reason: 'sale' } },
    ]);
  });

  test('as a floor leaves room above', async () => {
    await calm();
    await change({ override: override('floor', 3, 600) });
    await decide();
    expect(web().record.wanted).toBe(3);
    observe(5, 60);
    await decide();
    expect(web().record.wanted).toBeGreaterThan(3);
  });
});

test.each([
  ['paused', { paused: { reason: 'migration', by: 'ann', since: 0 } }],
  ['shadow', { shadow: true }],
])('%s: it decides and records, and does not act', async (code, changes) => {
  await calm();
  await change(changes);
  observe(5, 25);
  await decide();
  expect(last()).toMatchObject({ acted: false, reasonCode: code });
  expect(last().to).toBeGreaterThan(1);
  expect(web().record.wanted).toBe(1);
  expect(web().memory.history).toEqual([]);
});

test('while the platform is at fault nothing shrinks', async () => {
  await calm();
  await change({ wanted: 5 });
  observe(65, 2);
  await decide(true);
  expect(web().record.wanted).toBe(5);
  expect(last().decision.clamps.map(({ code }) => code)).toContain('silenced');
});

describe('the ceiling of', () => {
  test('the tenant’s quota is what the other service clusters leave, also those of other applications', async () => {
    await calm({ autoscaling: { maximum: 100 } });
    await platform.apply(application('blog', [{ alias: 'web', cartridge: 'node' }]));
    const blog = platform.cluster('web', 'blog');
    blog.record = { ...blog.record, wanted: 12 };
    await platform.apply(application('other', [{ alias: 'web', cartridge: 'node' }]), { tenant: 'beta' });
    const beta = platform.cluster('web', 'other', 'beta');
    beta.record = { ...beta.record, wanted: 15 };
    observe(30, 500);
    await decide();
    const balancers = ['shop', 'blog'].map((name) => platform.cluster('lb', name).record.wanted);
    expect(last().input?.quota).toBe(20 - 12 - balancers[0]! - balancers[1]!);
    for (let round = 0; round < 5; round += 1) {
      observe(11, 500);
      await decide();
    }
    expect(web().record.wanted).toBe(last().input?.quota);
    expect(last().reasonCode).toBe('quota');
  });

  test('the machine is what runs and what still fits in', async () => {
    await calm();
    platform.provider.free = 2;
    observe(5, 60);
    await decide();
    expect(last().input?.room).toBe(3);
    expect(web().record.wanted).toBe(3);
  });

  test('the partitions of the deployment policy is their sum, and none where one has no maximum', async () => {
    const policy = (second: Record<string, unknown>) =>
      document('DeploymentPolicy', 'here', {
        partitions: [
          { name: 'a', hostCluster: 'local', maximum: 2 },
          { name: 'b', hostCluster: 'local', ...second },
        ],
      });
    await calm({ deployment: 'here' }, policy({ maximum: 1 }));
    observe(5, 60);
    await decide();
    expect(last().input?.room).toBe(3);
    expect(web().record.wanted).toBe(3);
    await platform.apply(policy({}));
    await decide();
    expect(last().input?.room).toBeGreaterThan(50);
  });
});

test('a machine that cannot be asked for its room decides nothing', async () => {
  await calm();
  platform.provider.room = async () => {
    throw new Error('no answer');
  };
  observe(5, 60);
  await expect(decide()).rejects.toThrow('no answer');
  expect(web().record.wanted).toBe(1);
});

describe('what an instance uses without work', () => {
  /** Half a minute in which the load balancer sees nothing of it, and its instance is at 40 % all the same. */
  async function unseen(): Promise<void> {
    const [member] = web().live();
    for (let second = 0; second < 30; second += 1) {
      observe(1, 0);
      web().windows.observeGauge(member!.record.uid, 'loadAverage', platform.now - 100, 40, platform.now);
      await decide();
    }
  }

  test('is learnt while no request comes to it', async () => {
    await calm({ routes: [{ path: '/' }] });
    await unseen();
    expect(web().learnt.bases.get('loadAverage')?.base).toBeCloseTo(40, 1);
  });

  test('is not learnt of what load balancers send nothing to: it may be at work', async () => {
    await calm({ routes: [] });
    await unseen();
    expect(web().learnt.bases.size).toBe(0);
    expect(last().input?.factors).toContainEqual(expect.objectContaining({ name: 'loadAverage', base: 0 }));
  });
});
