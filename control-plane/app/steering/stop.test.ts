import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Principal } from '../principal.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';

const ANN: Principal = { token: 'token-of-ann', name: 'ann', role: 'deployer', tenant: 'acme', application: null };
const ref = { application: 'shop', alias: 'web' };
let platform: Platform;
let agents: Agents;

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
  await platform.apply(
    application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: { minimum: 1, maximum: 6 } }]),
  );
});
afterEach(() => platform[Symbol.asyncDispose]());

const web = () => platform.cluster('web');
const mutations = () => platform.parts.mutations;
const stop = (reason = 'maintenance') => mutations().stop(ANN, { ...ref, reason });
const start = () => mutations().start(ANN, ref);
const actives = () =>
  web()
    .live()
    .filter(({ record }) => record.state === 'active' && record.draining === null);
const decisions = () => platform.database.decisions.find({ cluster: web().record.uid });

/** Steps of everybody, decisions included, until the condition holds. */
async function goOn(what: string, condition: () => boolean, most = 60): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    if (condition()) return;
    for (const cluster of platform.parts.fleet.clusters()) await platform.decide(cluster);
    await platform.pass();
    agents.step();
    platform.now += 1500;
  }
  throw new Error(`${what} did not come about: ${JSON.stringify(web().record)}`);
}

async function steps(count: number): Promise<void> {
  let left = count;
  await goOn('the time', () => (left -= 1) < 0);
}

/** With three instances, held there by hand while it is made so. */
async function running(instances = 3): Promise<string> {
  const release = await platform.release('web', 'a');
  if (instances > 1) await mutations().scale(ANN, { ...ref, instances, kind: 'floor', reason: 'a sale' });
  await goOn('the instances', () => web().rollout === null && actives().length === instances);
  return release;
}

const nothingRuns = (): boolean => web().live().length === 0;

describe('a stopped service cluster', () => {
  test('drains its instances and starts none, whatever is asked for; it is decided so, and told', async () => {
    await running();
    const record = await stop();
    expect(record.stopped).toEqual({ reason: 'maintenance', by: 'ann', since: platform.now, instances: 3 });
    await goOn('the end of all instances', nothingRuns);
    expect(web().record).toMatchObject({ wanted: 0, override: { kind: 'floor', instances: 3 } });
    const acted = (await decisions()).find(({ sentence }) => sentence.includes('3 → 0'));
    expect(acted).toMatchObject({
      reasonCode: 'stopped',
      sentence: expect.stringMatching(/^web: 3 → 0 instances, because stopped by ann \(maintenance\); /),
      decision: { clamps: expect.arrayContaining([{ code: 'stopped', from: 3, to: 0, detail: expect.any(String) }]) },
    });
    expect(await platform.events('instance.terminated')).toHaveLength(3);

    await steps(10);
    expect(nothingRuns()).toBe(true);
    expect(web().lastDecision?.sentence).toMatch(/^web: stays at 0 instances.*stopped by ann \(maintenance\)/);
    expect(await platform.events('cluster.stopped')).toMatchObject([
      { cause: 'token-of-ann', data: { by: 'ann', stopped: { reason: 'maintenance', instances: 3 } } },
    ]);
  });

  test('is so for another control plane, too, and keeps its release', async () => {
    const release = await running();
    await stop();
    await goOn('the end of all instances', nothingRuns);
    const before = web().record;
    await platform.start();
    agents.reconnect();
    await steps(5);
    expect(nothingRuns()).toBe(true);
    expect(web().record).toMatchObject({ stopped: before.stopped, stableRelease: release });
  });

  test('is stopped while scaling is paused, in shadow mode and while the platform is frozen, and started as well', async () => {
    await running();
    await mutations().pause(ANN, { ...ref, reason: 'an incident' });
    await mutations().setShadow(ANN, { ...ref, shadow: true });
    await mutations().freeze(OPERATOR, { reason: 'a trial' });
    await stop();
    await goOn('the end of all instances', nothingRuns);
    expect(web().record.wanted).toBe(0);
    await mutations().clearOverride(ANN, ref);
    await start();
    expect(web().record).toMatchObject({ stopped: null, wanted: 3 });
    await goOn('the instances again', () => actives().length === 3);
  });

  test('answers what it was asked before', async () => {
    await running();
    const busy = web().live()[0]!.record.uid;
    agents.inFlight.set(busy, 1);
    await stop();
    await goOn('the end of the others', () => web().live().length === 1, 4);
    expect(web().live()[0]?.record).toMatchObject({ uid: busy, draining: { purpose: 'stop' } });
    agents.inFlight.delete(busy);
    await goOn('the end of all instances', nothingRuns);
  });

  test('of which that is asked again stays as it is', async () => {
    await running();
    const first = await stop();
    platform.now += 1000;
    expect(await stop('another reason')).toEqual(first);
    expect(await platform.events('cluster.stopped')).toHaveLength(1);
    await start();
    const started = web().record;
    expect(await start()).toEqual(started);
    expect(await platform.events('cluster.started')).toHaveLength(1);
  });
});

describe('starting', () => {
  test('takes instances back that were still draining', async () => {
    await running();
    await stop();
    await platform.decide(web());
    await platform.pass(web());
    expect(actives()).toEqual([]);
    const before = web()
      .live()
      .map(({ record }) => record.uid);
    await start();
    await goOn('the instances', () => actives().length === 3);
    expect(
      web()
        .live()
        .map(({ record }) => record.uid)
        .sort(),
    ).toEqual(before.sort());
  });

  test('keeps to the policy that there is now', async () => {
    await running();
    await mutations().clearOverride(ANN, ref);
    await stop();
    await goOn('the end of all instances', nothingRuns);
    await platform.apply(
      application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: { minimum: 1, maximum: 2 } }]),
    );
    expect((await start()).wanted).toBe(2);
  });

  test('keeps to the quota, and is refused where that leaves nothing', async () => {
    await running();
    await stop();
    await goOn('the end of all instances', nothingRuns);
    const quota = async (instances: number) => {
      await mutations().setTenantQuota(OPERATOR, { name: 'acme', quota: { instances } });
      platform.now += 60_000;
    };
    const others = platform.cluster('lb').record.wanted;
    await quota(others);
    await expect(start()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(web().record.stopped).not.toBeNull();
    await quota(others + 2);
    expect((await start()).wanted).toBe(2);
  });
});

describe('a release', () => {
  test('that is made meanwhile waits, and is rolled out when it is started', async () => {
    const first = await running();
    await stop();
    await goOn('the end of all instances', nothingRuns);
    const second = await platform.release('web', 'b');
    await steps(5);
    expect(web()).toMatchObject({ rollout: null, pending: { uid: second } });
    expect(nothingRuns()).toBe(true);
    await start();
    await goOn('the new release', () => web().rollout === null && web().record.stableRelease === second);
    expect((await platform.database.releases.get(first))?.state).toBe('superseded');
  });

  test('that is the first waits as well', async () => {
    await stop();
    const release = await platform.release('web', 'a');
    await steps(5);
    expect(web().record.stableRelease).toBeNull();
    await start();
    await goOn('the release', () => web().record.stableRelease === release && actives().length === 1);
  });

  test('whose roll-out is under way goes on from there', async () => {
    await running();
    const second = await platform.release('web', 'b');
    await goOn('the roll-out', () => (web().rollout?.instances.length ?? 0) === 1);
    await stop();
    await goOn('the end of all instances', nothingRuns);
    await steps(5);
    expect(nothingRuns()).toBe(true);
    expect(web().rollout?.state).toBe('running');
    await start();
    await goOn('the new release', () => web().rollout === null && web().record.stableRelease === second);
    expect(actives()).toHaveLength(3);
  });

  test('whose first instance is on its way is stopped with it', async () => {
    const release = await platform.release('web', 'a');
    await platform.pass();
    expect(web().live()).toHaveLength(1);
    await stop();
    await goOn('the end of all instances', nothingRuns);
    await start();
    await goOn('the release', () => web().rollout === null && actives().length === 1);
    expect(web().record.stableRelease).toBe(release);
  });
});

test.each([
  ['the load balancer', { alias: 'lb' }, { code: 'INVALID', field: 'ref.alias' }],
  ['for no reason', { reason: ' ' }, { code: 'INVALID', field: 'reason' }],
  ['of another generation', { expectedGeneration: 7 }, { code: 'CONFLICT', field: 'expectedGeneration' }],
  ['what is not there', { alias: 'api' }, { code: 'NOT_FOUND' }],
])('stopping (%s) is refused', async (_what, changes, refusal) => {
  await expect(mutations().stop(ANN, { ...ref, reason: 'maintenance', ...changes })).rejects.toMatchObject(refusal);
});

test('an application whose component is stopped can be deleted', async () => {
  await running();
  await stop();
  await mutations().deleteApplication(ANN, { name: 'shop' });
  for (let step = 0; step < 20 && platform.parts.fleet.application('acme', 'shop'); step += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1500;
  }
  expect(platform.parts.fleet.application('acme', 'shop')).toBeUndefined();
});
