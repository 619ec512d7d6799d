import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Agents } from '../testing/agents.ts';
import { application, document } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import type { Principal } from '../principal.ts';
import type { SteeringAction, SteeringPreview } from './use-cases.ts';

const VIEWER: Principal = { token: 'token', name: 'ann', role: 'viewer', tenant: 'acme', application: null };
const ref = { application: 'shop', alias: 'web' };
const asked = { tenant: 'acme', ...ref };

let platform: Platform;
let agents: Agents;

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
  await platform.apply(
    document('AutoscalingPolicy', 'calm', {
      minimum: 1,
      maximum: 6,
      factors: { loadAverage: { target: 50, base: 0 } },
    }) + application('shop', [{ alias: 'web', cartridge: 'plain', autoscaling: 'calm' }]),
  );
  await live(8);
});
afterEach(() => platform[Symbol.asyncDispose]());

async function live(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await platform.pass();
    agents.step();
    for (const cluster of platform.parts.fleet.clusters()) await platform.decide(cluster);
    platform.now += 1000;
  }
}

const web = () => platform.cluster('web');
const preview = (action: SteeringAction): Promise<SteeringPreview> =>
  platform.parts.queries.steeringPreview(VIEWER, ref, action);
const pin = (instances: number, forSeconds?: number): SteeringAction => ({
  ...{ kind: 'scale', instances, binds: 'pin' },
  ...(forSeconds === undefined ? {} : { forSeconds }),
});

/** Does it in earnest. */
async function steer(action: SteeringAction): Promise<void> {
  const { mutations } = platform.parts;
  switch (action.kind) {
    case 'scale':
      await mutations.scale(OPERATOR, { ...asked, ...action, kind: action.binds, reason: 'by hand' });
      break;
    case 'clear-override':
      await mutations.clearOverride(OPERATOR, asked);
      break;
    case 'pause':
      await mutations.pause(OPERATOR, { ...asked, reason: 'an incident' });
      break;
    case 'resume':
      await mutations.resume(OPERATOR, asked);
      break;
    case 'stop':
      await mutations.stop(OPERATOR, { ...asked, reason: 'an incident' });
      break;
    case 'start':
      await mutations.start(OPERATOR, asked);
      break;
    case 'restart':
      await mutations.restart(OPERATOR, { ...asked, reason: 'a leak' });
      break;
    case 'shadow':
    case 'unshadow':
      await mutations.setShadow(OPERATOR, { ...asked, shadow: action.kind === 'shadow' });
  }
  await platform.decide(web());
}

/** Load for some more instances than there are, which is not acted on while `held`. */
async function overloaded(): Promise<void> {
  agents.load.set('acme/shop/web', 190);
  await live(8);
}

describe('a preview', () => {
  test('says what a number by hand will do, what bounds it, and until when', async () => {
    const told = await preview(pin(5, 1800));
    expect(told).toMatchObject({
      ...{ from: 1, to: 5, otherwise: 1, minimum: 1, maximum: 6, most: 6, mostBy: 'maximum', refusal: null },
      until: platform.now + 1_800_000,
      decision: { outcome: 'scale-up', clamps: [{ code: 'pin', from: 1, to: 5 }] },
      sentence: 'web: 1 → 5 instances now; at most 6 by its policy; until 08:30 UTC.',
    });
    expect(told.next).toHaveLength(4);
    expect(told.next[0]).toMatchObject({ hostCluster: 'local', partition: 'default' });
  });

  test.each<[what: string, before: readonly SteeringAction[], action: SteeringAction]>([
    ['a pin above', [], pin(4)],
    ['a pin below', [pin(4)], pin(2)],
    ['a floor above', [], { kind: 'scale', instances: 3, binds: 'floor' }],
    ['a floor below', [pin(4)], { kind: 'scale', instances: 2, binds: 'floor' }],
    ['the end of a pin', [pin(4)], { kind: 'clear-override' }],
    ['a pause', [], { kind: 'pause' }],
    ['a number while it is paused', [{ kind: 'pause' }], pin(4)],
    ['the end of a pause under which a number was set', [{ kind: 'pause' }, pin(4)], { kind: 'resume' }],
    ['shadow mode', [], { kind: 'shadow' }],
    ['a stop', [], { kind: 'stop' }],
    ['a stop while it is paused', [pin(3), { kind: 'pause' }], { kind: 'stop' }],
    ['a start', [pin(3), { kind: 'stop' }], { kind: 'start' }],
    ['a start while it is paused', [pin(3), { kind: 'stop' }, { kind: 'pause' }], { kind: 'start' }],
    ['a start of what is not stopped', [pin(3)], { kind: 'start' }],
    ['a restart', [pin(3)], { kind: 'restart' }],
    ['the end of shadow mode under which a number was set', [{ kind: 'shadow' }, pin(4)], { kind: 'unshadow' }],
  ])('of %s is what then happens', async (_what, before, action) => {
    for (const one of before) await steer(one);
    const told = await preview(action);
    await steer(action);
    expect(told.refusal).toBeNull();
    expect({ to: told.to, clamps: told.decision?.clamps.map(({ code }) => code) }).toEqual({
      to: web().record.wanted,
      clamps: web().lastDecision?.decision.clamps.map(({ code }) => code),
    });
  });

  test('stores nothing and changes nothing', async () => {
    const cluster = web();
    const before = { record: cluster.record, memory: cluster.memory, decision: cluster.lastDecision };
    const decisions = await platform.database.decisions.find({});
    for (const action of [pin(5), { kind: 'pause' }, { kind: 'shadow' }] as const) await preview(action);
    expect({ record: cluster.record, memory: cluster.memory, decision: cluster.lastDecision }).toEqual(before);
    expect(cluster.record).toBe(before.record);
    expect(cluster.intent).toBeNull();
    expect(await platform.database.decisions.find({})).toEqual(decisions);
  });

  test('says of a stop, a start and a restart what becomes of the instances', async () => {
    await steer(pin(4));
    await live(8);
    expect(await preview({ kind: 'restart' })).toMatchObject({
      ...{ from: 4, to: 4, next: [] },
      sentence:
        'web: stays at 4 instances; release 1 is rolled out once more, with 1 instance away at a time, and at least 3 that serve.',
    });
    expect((await preview({ kind: 'start' })).sentence).toBe('web: stays at 4 instances; it is not stopped.');
    expect(await preview({ kind: 'stop' })).toMatchObject({
      ...{ from: 4, to: 0, otherwise: 4, refusal: null },
      sentence:
        'web: 4 → 0 instances now; stopped by ann (by hand) until it is started; what is under way has 30 s to end.',
    });
    await steer({ kind: 'stop' });
    expect((await preview({ kind: 'stop' })).sentence).toBe(
      'web: stays at 0 instances; stopped by operator (an incident) until it is started.',
    );
    const started = await preview({ kind: 'start' });
    expect(started).toMatchObject({
      ...{ from: 0, to: 4, otherwise: 0 },
      sentence: 'web: 0 → 4 instances now; from then on as the load asks for.',
    });
    expect(started.next).toHaveLength(4);
  });

  test('says what is being held back', async () => {
    await steer({ kind: 'pause' });
    await overloaded();
    const paused = await preview(pin(2));
    expect(paused).toMatchObject({ from: 1, to: 1 });
    expect(paused.sentence).toMatch(
      /^web: stays at 1 instance; autoscaling is paused until it is resumed \(2 instances would be wanted\); at most 6 by its policy; until \d\d:\d\d UTC\.$/,
    );
    const resumed = await preview({ kind: 'resume' });
    expect(resumed.to).toBeGreaterThan(1);
    expect(resumed.sentence).toBe(`web: 1 → ${resumed.to} instances now.`);
    expect(resumed.otherwise).toBe(1);
    expect((await preview({ kind: 'shadow' })).sentence).toMatch(/^web: stays at 1 instance; autoscaling is paused/);
  });

  test('says that the platform is frozen', async () => {
    await platform.parts.mutations.freeze(OPERATOR, { reason: 'a trial' });
    expect((await preview({ kind: 'pause' })).sentence).toBe(
      'web: stays at 1 instance; autoscaling is paused until it is resumed.',
    );
    // A number by hand is acted on all the same.
    const told = await preview(pin(3));
    expect(told).toMatchObject({ to: 3 });
    expect(told.sentence).toMatch(/^web: 1 → 3 instances now; the whole platform is frozen by operator \(a trial\); /);
  });

  test('says that there is no room for so many', async () => {
    platform.provider.free = 2;
    const told = await preview(pin(5));
    expect(told).toMatchObject({ to: 3, most: 3, mostBy: 'room', refusal: null });
    expect(told.sentence).toMatch(/^web: 1 → 3 instances now; at most 3 by the room of its partitions; until /);
  });

  test('of a number that lasts for days says the day', async () => {
    expect((await preview(pin(2, 3 * 86_400))).sentence).toMatch(/; until 2027-01-18 08:00 UTC\.$/);
  });
});

describe('what would be refused', () => {
  test.each<[what: string, action: SteeringAction, refusal: object]>([
    [
      'a number beyond the policy',
      pin(7),
      { code: 'INVALID', field: 'instances', message: expect.stringContaining('may have 1 to 6 instances') },
    ],
    ['a number for too long', pin(2, 8 * 86_400), { code: 'INVALID', field: 'forSeconds' }],
  ])('(%s) is told with the words of the mutation', async (_what, action, refusal) => {
    const told = await preview(action);
    expect(told).toMatchObject({ from: 1, to: 1, decision: null, next: [], refusal });
    expect(told.sentence).toBe(told.refusal?.message);
    await expect(steer(action)).rejects.toMatchObject({ ...refusal, message: told.refusal?.message });
  });

  test('(a number beyond the quota) is told with what is left', async () => {
    await platform.parts.mutations.setTenantQuota(OPERATOR, { name: 'acme', quota: { instances: 4 } });
    expect(await preview(pin(5))).toMatchObject({
      ...{ to: 1, most: 3, mostBy: 'quota' },
      refusal: { code: 'QUOTA_EXCEEDED' },
    });
    expect(await preview(pin(3))).toMatchObject({ to: 3, refusal: null });
  });

  test('(a stop, a start and a restart) is told', async () => {
    const balancer = (kind: 'stop' | 'restart') =>
      platform.parts.queries.steeringPreview(VIEWER, { application: 'shop', alias: 'lb' }, { kind });
    expect((await balancer('stop')).refusal).toMatchObject({ code: 'INVALID', field: 'ref.alias' });
    expect((await balancer('restart')).refusal).toMatchObject({ code: 'INVALID', field: 'ref.alias' });
    await steer({ kind: 'stop' });
    await live(8);
    const told = await preview({ kind: 'restart' });
    expect(told).toMatchObject({ to: 0, refusal: { code: 'CONFLICT' }, sentence: told.refusal?.message });
    await expect(steer({ kind: 'restart' })).rejects.toMatchObject({ message: told.refusal?.message });
    await platform.parts.mutations.setTenantQuota(OPERATOR, { name: 'acme', quota: { instances: 1 } });
    expect((await preview({ kind: 'start' })).refusal).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await expect(steer({ kind: 'start' })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  test('(anything while it is being deleted) is told', async () => {
    const { uid } = web().record;
    await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
    expect(platform.parts.fleet.cluster(uid)).toBeDefined();
    expect(await preview(pin(3))).toMatchObject({ to: 1, refusal: { code: 'CONFLICT' } });
  });
});

test('a service cluster without a release says so', async () => {
  await platform.apply(application('new', [{ alias: 'api', cartridge: 'node' }]));
  const told = await platform.parts.queries.steeringPreview(VIEWER, { application: 'new', alias: 'api' }, pin(2));
  expect(told).toMatchObject({ to: told.from, decision: null, refusal: null });
  expect(told.sentence).toBe('api: nothing of it runs before it has a release; deploy one.');
});

test('of another tenant’s service cluster nothing is told', async () => {
  const eve: Principal = { ...VIEWER, tenant: 'beta' };
  await expect(platform.parts.queries.steeringPreview(eve, ref, pin(2))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(platform.parts.queries.steeringPreview(eve, { ...ref, tenant: 'acme' }, pin(2))).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
});
