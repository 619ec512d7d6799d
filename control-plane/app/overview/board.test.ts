import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CLOCK } from '../testing/records.ts';
import { Agents } from '../testing/agents.ts';
import { application, document } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import type { Principal } from '../principal.ts';
import { OverviewBoard } from './board.ts';
import type { OverviewItem } from './use-cases.ts';

const of = (tenant: string, name: string | null = null): Principal => ({
  ...{ token: `token-of-${tenant}`, name: tenant, role: 'viewer', tenant, application: name },
});
const [ANN, EVE] = [of('acme'), of('beta')];
const ref = { tenant: 'acme', application: 'shop', alias: 'web' };

let platform: Platform;
let agents: Agents;
let board: OverviewBoard;
interface FakeTimer {
  readonly task: () => void;
  readonly milliseconds: number;
  isCancelled: boolean;
}
/** What comes again and again, and what comes once. */
let timers: FakeTimer[];
let waits: FakeTimer[];
const aborts: AbortController[] = [];

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
  timers = [];
  waits = [];
  const { fleet, freeze, events, poller, history } = platform.parts;
  const into = (list: FakeTimer[]) => (task: () => void, milliseconds: number) => {
    const timer = { task, milliseconds, isCancelled: false };
    list.push(timer);
    return { cancel: () => void (timer.isCancelled = true) };
  };
  board = new OverviewBoard({
    ...{ fleet, freeze, events, poller, history },
    hosts: { all: () => platform.places },
    logger: { error: (details: unknown) => void platform.failures.push(details) },
    clock: { ...CLOCK, now: () => platform.now, setInterval: into(timers), setTimeout: into(waits) },
  });
  for (const tenant of ['acme', 'beta'])
    await platform.parts.mutations.apply(OPERATOR, {
      tenant,
      manifests:
        document('AutoscalingPolicy', 'small', { minimum: 1, maximum: 2, factors: { loadAverage: { target: 50 } } }) +
        application('shop', [{ alias: 'web', cartridge: 'plain', autoscaling: 'small' }]),
    });
});
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort();
  expect(platform.failures).toEqual([]);
  await platform[Symbol.asyncDispose]();
});

/** Steps of a second: agents report, and it is looked at, decided and recorded. */
async function live(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await platform.pass();
    agents.step();
    for (const cluster of platform.parts.fleet.clusters()) await platform.decide(cluster);
    platform.now += 1000;
    platform.parts.history.tick();
  }
}

const tick = (): void => timers.find(({ isCancelled }) => !isCancelled)?.task();

function follow(principal: Principal, scope: Parameters<OverviewBoard['overview']>[1] = {}, source = board) {
  const abort = new AbortController();
  aborts.push(abort);
  const iterator = source.overview(principal, scope, abort.signal)[Symbol.asyncIterator]();
  return {
    next: async (): Promise<OverviewItem> => {
      const result = await iterator.next();
      if (result.done === true) throw new Error('it has ended');
      return result.value;
    },
    end: async (): Promise<void> => {
      abort.abort();
      await iterator.return?.(undefined);
    },
  };
}

/** Whether something is told within the turns that it takes to be told. */
async function isTold(pending: Promise<unknown>): Promise<boolean> {
  let told = false;
  void pending.then(() => (told = true)).catch(() => undefined);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return told;
}

const aliases = (item: OverviewItem) => item.changed.map(({ tenant, alias }) => `${tenant}/${alias}`);

describe('who follows the overview', () => {
  test('is told first of everything that is the tenant’s, and then of what changes', async () => {
    await live(8);
    const { next } = follow(ANN);
    const whole = await next();
    expect(whole).toMatchObject({ isWhole: true, removed: [], applications: [{ name: 'shop', tenant: 'acme' }] });
    expect(aliases(whole)).toEqual(['acme/lb', 'acme/web']);
    expect(whole.changed[1]).toMatchObject({
      ...{ applicationName: 'shop', cartridge: 'plain', category: 'framework', state: 'running', release: 1 },
      counts: { wanted: 1, active: 1, starting: 0, faulty: 0, unreachable: 0 },
      ...{ minimum: 1, maximum: 2, paused: null, shadow: false, frozen: false, override: null },
      factor: { name: 'loadAverage', phrase: 'load average', unit: '%', target: 50, observed: 10, capacity: 50 },
      ...{ sampleAgeSeconds: 0, attention: [], instances: null },
      lastDecision: { sentence: expect.stringContaining('web: stays at 1 instance') },
    });
    await platform.parts.mutations.pause(OPERATOR, { ...ref, reason: 'an incident' });
    tick();
    const changed = await next();
    expect(changed).toMatchObject({ isWhole: false, applications: [], recent: [] });
    expect(aliases(changed)).toEqual(['acme/web']);
    expect(changed.changed[0]).toMatchObject({ paused: { reason: 'an incident' } });
  });

  test('is told soon of what has happened, together with what comes right behind it', async () => {
    await live(8);
    const { next, end } = follow(ANN);
    await next();
    const pending = next();
    await platform.parts.mutations.pause(OPERATOR, { ...ref, reason: 'an incident' });
    await platform.parts.mutations.scale(OPERATOR, { ...ref, instances: 2, kind: 'pin', reason: 'sale' });
    expect(await isTold(pending)).toBe(false);
    const pendingWaits = () => waits.filter(({ isCancelled, milliseconds }) => !isCancelled && milliseconds > 0);
    const due = pendingWaits();
    expect(due.map(({ milliseconds }) => milliseconds)).toEqual([100]);
    due[0]!.task();
    expect((await pending).changed[0]).toMatchObject({ paused: { reason: 'an incident' }, override: { instances: 2 } });
    await end();
    expect([...timers.filter(({ isCancelled }) => !isCancelled), ...pendingWaits()]).toEqual([]);
  });

  test('is told nothing while nothing but figures that jitter changes', async () => {
    await live(20);
    const { next } = follow(ANN);
    await next();
    const pending = next();
    for (let second = 0; second < 5; second += 1) {
      await live(1);
      tick();
    }
    expect(await isTold(pending)).toBe(false);
    await platform.parts.mutations.scale(OPERATOR, { ...ref, instances: 2, kind: 'pin', reason: 'sale' });
    tick();
    expect((await pending).changed[0]).toMatchObject({ alias: 'web', override: { instances: 2, kind: 'pin' } });
  });

  test('is told the last minutes of each factor, with what there was for it', async () => {
    await live(30);
    const { recent } = await follow(ANN).next();
    const web = recent.find(({ uid }) => uid === platform.cluster('web').record.uid)!;
    expect(web).toMatchObject({ factor: 'loadAverage', stepSeconds: 5 });
    expect(web.observed).toHaveLength(60);
    // A load of 10 % is what the instance has without any work, and does not divide.
    expect([web.observed.at(-1), web.capacity.at(-1)]).toEqual([0, 40]);
    expect(web.observed[0]).toBeNull();
    // Reports of the last three seconds may still come.
    expect(web.from + 300_000).toBe((Math.floor(platform.now / 1000) - 2) * 1000);
  });

  test('is told of what needs a person', async () => {
    await live(8);
    const { next } = follow(ANN);
    await next();
    agents.load.set('acme/shop/web', 200);
    await live(10);
    tick();
    const { changed } = await next();
    expect(changed.find(({ alias }) => alias === 'web')?.attention).toContainEqual({
      ...{ code: 'at-maximum', severity: 'warning' },
      sentence: expect.stringMatching(/^\d+ instances would be needed; the policy’s maximum is 2$/),
    });
  });

  test('is told of a roll-out, and that it was taken back, also by the next control plane', async () => {
    await live(8);
    const { next } = follow(ANN);
    await next();
    agents.bad.add(await platform.release('web', 'b'));
    await live(1);
    tick();
    expect((await next()).changed).toContainEqual(
      expect.objectContaining({
        ...{ alias: 'web', state: 'rolling-out', release: 1 },
        rollout: expect.objectContaining({ state: 'running', from: 1, to: 2 }),
      }),
    );
    await live(20);
    tick();
    const returned = {
      ...{ alias: 'web', rollout: null, release: 1 },
      attention: [
        {
          ...{ code: 'rollout-returned', severity: 'warning' },
          sentence: 'the last roll-out was taken back: the application ended with code 1',
        },
      ],
    };
    expect((await next()).changed).toContainEqual(expect.objectContaining(returned));
    await platform.start();
    const item = await follow(ANN, {}, platform.parts.overview).next();
    expect(item.changed.find(({ alias }) => alias === 'web')?.attention).toEqual(returned.attention);
  });

  test('is told what is gone', async () => {
    await live(8);
    const { next } = follow(ANN);
    await next();
    const uids = ['web', 'lb'].map((alias) => platform.cluster(alias).record.uid);
    const { uid } = platform.parts.fleet.application('acme', 'shop')!;
    await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
    await live(20);
    tick();
    expect((await next()).removed.toSorted()).toEqual([...uids, uid].toSorted());
  });
});

describe('nothing is told', () => {
  test('of another tenant, now or later', async () => {
    await live(8);
    const { next } = follow(EVE);
    expect(aliases(await next())).toEqual(['beta/lb', 'beta/web']);
    const pending = next();
    await platform.parts.mutations.pause(OPERATOR, { ...ref, reason: 'an incident' });
    tick();
    expect(await isTold(pending)).toBe(false);
  });

  test('of another application to a token of one', async () => {
    await platform.parts.mutations.apply(OPERATOR, {
      tenant: 'acme',
      manifests: application('blog', [{ alias: 'front', cartridge: 'plain' }]),
    });
    const item = await follow(of('acme', 'blog')).next();
    expect(new Set(item.changed.map(({ applicationName }) => applicationName))).toEqual(new Set(['blog']));
    expect(item.applications.map(({ name }) => name)).toEqual(['blog']);
    expect(() => board.overview(of('acme', 'blog'), { application: 'shop' }, new AbortController().signal)).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN' }),
    );
  });

  test('by a name of another tenant, or of an application that there is not', () => {
    const { signal } = new AbortController();
    expect(() => board.overview(EVE, { tenant: 'acme' }, signal)).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN' }),
    );
    expect(() => board.overview(ANN, { application: 'none' }, signal)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });
});

test('an operator is told of all tenants, or of one', async () => {
  expect(aliases(await follow(OPERATOR).next())).toEqual(['acme/lb', 'acme/web', 'beta/lb', 'beta/web']);
  expect(aliases(await follow(OPERATOR, { tenant: 'beta' }).next())).toEqual(['beta/lb', 'beta/web']);
});

describe('of one application', () => {
  test('its instances are told, with where they are and what they carry', async () => {
    await live(8);
    const { next } = follow(ANN, { application: 'shop' });
    const [lb, web] = (await next()).changed;
    const [instance] = platform.cluster('web').live();
    const balancer = lb!.instances![0]!.uid;
    expect(web!.instances).toEqual([
      {
        ...{ uid: instance!.record.uid, name: null, state: 'active', unreachable: false, draining: null, reason: null },
        ...{ createdAt: instance!.record.createdAt, activeAt: instance!.record.activeAt, release: 1 },
        ...{ hostCluster: 'local', partition: 'default', hostClusterState: 'reachable', node: null },
        ...{ requestsInFlight: 0, balancers: [{ balancer, requestsInFlight: 0 }] },
        ...{ loadAverage: 10, memory: 20, memoryBytes: null, sampleAgeSeconds: 0 },
      },
    ]);
    agents.inFlight.set(instance!.record.uid, 7);
    await live(1);
    tick();
    const { changed } = await next();
    expect(changed.find(({ alias }) => alias === 'web')!.instances).toMatchObject([
      { requestsInFlight: 7, balancers: [{ balancer, requestsInFlight: 7 }] },
    ]);
  });

  test('an instance that comes is told with all that is its service cluster’s', async () => {
    await live(8);
    const { next } = follow(ANN, { application: 'shop' });
    await next();
    await platform.parts.mutations.scale(OPERATOR, { ...ref, instances: 2, kind: 'pin', reason: 'sale' });
    await live(2);
    tick();
    const web = (await next()).changed.find(({ alias }) => alias === 'web');
    expect(web).toMatchObject({
      counts: { wanted: 2 },
      instances: [{ state: 'active' }, { state: expect.any(String) }],
    });
  });

  test('it is told that a host cluster does not answer', async () => {
    await live(8);
    const { next } = follow(ANN, { application: 'shop' });
    await next();
    const closed = { code: 'lost', message: 'does not answer' } as const;
    platform.places = [{ name: 'local', status: 'unreachable', closed }];
    tick();
    const [, web] = (await next()).changed;
    expect(web).toMatchObject({
      attention: [{ code: 'host-cluster-unreachable', severity: 'critical' }],
      instances: [{ hostClusterState: 'unreachable' }],
    });
    platform.places = [{ name: 'local', status: 'reachable', closed: null }];
  });
});

describe('for many at once', () => {
  test('everything is looked at once, and all are told the same object', async () => {
    await live(8);
    const readers = Array.from({ length: 20 }, () => follow(ANN));
    const first = await Promise.all(readers.map(({ next }) => next()));
    expect(new Set(first).size).toBe(1);
    expect(timers).toHaveLength(1);
    expect(board.views).toBe(1);
    await platform.parts.mutations.pause(OPERATOR, { ...ref, reason: 'an incident' });
    tick();
    const second = await Promise.all(readers.map(({ next }) => next()));
    expect(new Set(second).size).toBe(1);
  });

  test('a slow reader is told each thing once, in its newest state', async () => {
    await live(8);
    const [slow, quick] = [follow(ANN), follow(ANN)];
    await Promise.all([slow.next(), quick.next()]);
    for (const reason of ['one', 'two', 'three']) {
      await platform.parts.mutations.pause(OPERATOR, { ...ref, reason });
      tick();
      expect((await quick.next()).changed).toMatchObject([{ paused: { reason } }]);
    }
    expect((await slow.next()).changed).toMatchObject([{ alias: 'web', paused: { reason: 'three' } }]);
    expect(await isTold(slow.next())).toBe(false);
  });

  test('nothing goes on when the last one has gone, also while it waited', async () => {
    const readers = [follow(ANN), follow(EVE)];
    for (const { next } of readers) await next();
    const waiting = readers.map(({ next }) => next().catch(() => undefined));
    expect(board.views).toBe(2);
    for (const { end } of readers) await end();
    await Promise.all(waiting);
    expect(board.views).toBe(0);
    expect(timers.every(({ isCancelled }) => isCancelled)).toBe(true);
    // Who comes then is told what is so then.
    await platform.parts.mutations.pause(OPERATOR, { ...ref, reason: 'an incident' });
    expect((await follow(ANN).next()).changed[1]).toMatchObject({ paused: { reason: 'an incident' } });
  });
});
