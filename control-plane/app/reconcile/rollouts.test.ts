import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ProviderError } from '../errors.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';

let platform: Platform;
let agents: Agents;
/** Fewest instances that served at any time since it was set. */
let least = Infinity;

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
});
afterEach(() => platform[Symbol.asyncDispose]());

/** A service cluster with that many instances of its first release, behind a load balancer. */
async function running(instances: number): Promise<string> {
  await platform.apply(
    application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: { minimum: instances, maximum: 10 } }]),
  );
  const release = await platform.release('web', 'a');
  await goOn(() => web().rollout === null && actives().length === instances);
  return release;
}

const web = () => platform.cluster('web');
const REF = { tenant: 'acme', application: 'shop', alias: 'web' };
const rollBack = (releaseNumber: number) => platform.parts.mutations.rollback(OPERATOR, { ...REF, releaseNumber });
const rollBackToBefore = () => platform.parts.mutations.rollback(OPERATOR, REF);
const actives = () =>
  web()
    .live()
    .filter(({ record }) => record.state === 'active' && record.draining === null);
const releasesRun = () =>
  new Set(
    web()
      .live()
      .map(({ record }) => agents.running(record.uid)),
  );

/** Steps of everybody until the condition holds; a second and a half passes with each. */
async function goOn(condition: () => boolean, most = 60): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    if (condition()) return;
    await platform.pass();
    least = Math.min(least, actives().length);
    agents.step();
    platform.now += 1500;
  }
  const { rollout } = web();
  throw new Error(
    `did not come about: ${JSON.stringify({
      rollout,
      live: web()
        .live()
        .map(({ record }) => record),
    })}`,
  );
}

/** Nothing changes any more, and what is there is whole. */
async function expectSettled(instances: number): Promise<void> {
  await goOn(() => web().rollout === null && web().pending === null && actives().length === instances);
  for (let step = 0; step < 3; step += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1500;
  }
  expect(actives()).toHaveLength(instances);
  expect(web().live()).toHaveLength(instances);
  expect(platform.provider.instances.size).toBe(instances + 1);
  expect(releasesRun()).toEqual(new Set([web().record.stableRelease]));
  expect(web().record.candidateRelease).toBeNull();
  const stored = await platform.database.clusters.get(web().record.uid);
  expect(stored?.stableRelease).toBe(web().record.stableRelease);
  const rollouts = await platform.database.rollouts.find({ cluster: web().record.uid });
  expect(rollouts.filter(({ finishedAt }) => finishedAt === null)).toEqual([]);
  const releases = await platform.database.releases.find({ cluster: web().record.uid });
  expect(releases.filter(({ state }) => state === 'stable').map(({ uid }) => uid)).toEqual([stored?.stableRelease]);
}

test('the first release is followed until it serves', async () => {
  const release = await running(2);
  expect(web().stable?.uid).toBe(release);
  expect(web().stable?.state).toBe('stable');
  const [rollout] = await platform.database.rollouts.find({ cluster: web().record.uid });
  expect(rollout).toMatchObject({ from: null, to: release, state: 'succeeded' });
});

test('a first release that does not get ready is told as returned, and stays what is tried', async () => {
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
  agents.bad.add(await platform.release());
  await goOn(() => web().rollout === null && web().stable !== null);
  const [rollout] = await platform.database.rollouts.find({ cluster: web().record.uid });
  expect(rollout).toMatchObject({ state: 'returned', reason: { code: 'exited' } });
});

test('every instance gets to the new release, a few at a time, and the load balancer keeps members all the while', async () => {
  await running(5);
  const next = await platform.release('web', 'b');
  least = 5;
  await goOn(() => web().record.stableRelease === next && web().rollout === null);
  expect(least).toBe(4);
  await expectSettled(5);
});

test('where there is only one instance one more comes first, and goes when it is over', async () => {
  await running(1);
  await platform.release('web', 'b');
  least = 1;
  let most = 1;
  await goOn(() => {
    most = Math.max(most, web().live().length);
    return web().record.candidateRelease === null && web().rollout === null && web().pending === null;
  });
  expect({ least, most }).toEqual({ least: 1, most: 2 });
  await expectSettled(1);
});

test('with volumes there is never one more: the only instance is switched with its data', async () => {
  await running(1);
  const volumes = [{ name: 'data', mountPath: 'data', sizeBytes: 1024 }];
  web().plan = { ...web().plan, spec: { ...web().plan.spec, volumes } };
  const next = await platform.release('web', 'b');
  let most = 1;
  await goOn(() => {
    most = Math.max(most, web().live().length);
    return web().record.stableRelease === next && web().rollout === null;
  });
  expect(most).toBe(1);
  await expectSettled(1);
});

test('a machine without room for one more goes on with the one that there is', async () => {
  await running(1);
  const next = await platform.release('web', 'b');
  const error = new ProviderError('PORTS_EXHAUSTED', 'no port is free');
  platform.provider.failures.push({ call: 'create', error });
  await goOn(() => web().record.stableRelease === next && web().rollout === null);
  expect(await platform.events('rollout.surge-refused')).toMatchObject([{ data: { message: 'no port is free' } }]);
  await expectSettled(1);
});

test.each([1, 4])('a release that does not get ready returns to the one before (%d instances)', async (instances) => {
  const first = await running(instances);
  const bad = await platform.release('web', 'b');
  agents.bad.add(bad);
  await goOn(() => web().rollout?.state === 'returning');
  await goOn(() => web().rollout === null);
  expect(web().record.stableRelease).toBe(first);
  await expectSettled(instances);
  const [rollout] = await platform.database.rollouts.find({ to: bad });
  expect(rollout).toMatchObject({ state: 'returned', reason: { code: 'exited' } });
  expect((await platform.database.releases.get(bad))?.state).toBe('returned');
});

test.each([1, 3])('a release that takes its agent with it returns, too (%d instances)', async (instances) => {
  const first = await running(instances);
  const deadly = await platform.release('web', 'b');
  agents.deadly.add(deadly);
  await goOn(() => web().rollout === null && web().pending === null && platform.provider.calls.length > 0);
  await goOn(() => web().rollout === null && web().record.candidateRelease === null);
  expect(web().record.stableRelease).toBe(first);
  await expectSettled(instances);
  const [rollout] = await platform.database.rollouts.find({ to: deadly });
  expect(rollout).toMatchObject({ state: 'returned', reason: { code: 'process-gone' } });
});

test('a release that failed can be tried again, and is judged by the new attempt', async () => {
  const first = await running(2);
  const second = await platform.release('web', 'b');
  agents.bad.add(second);
  await goOn(() => web().rollout?.state === 'returning');
  await goOn(() => web().rollout === null);
  expect(web().record.stableRelease).toBe(first);
  agents.bad.clear();
  await rollBack(2);
  await goOn(() => web().record.stableRelease === second && web().rollout === null);
  await expectSettled(2);
});

test('a rollback rolls the earlier release out', async () => {
  const first = await running(2);
  const second = await platform.release('web', 'b');
  await goOn(() => web().record.stableRelease === second && web().rollout === null);
  await rollBack(1);
  await goOn(() => web().record.stableRelease === first && web().rollout === null);
  await expectSettled(2);
});

describe('a rollback that names no release', () => {
  test('goes to the one that was live before, not to one that waited or was returned', async () => {
    const first = await running(2);
    await platform.release('web', 'b');
    await goOn(() => web().rollout !== null);
    const waited = await platform.release('web', 'c');
    const fourth = await platform.release('web', 'd');
    await goOn(() => web().record.stableRelease === fourth && web().rollout === null);
    const bad = await platform.release('web', 'e');
    agents.bad.add(bad);
    await goOn(() => web().rollout !== null);
    await goOn(() => web().rollout === null);
    expect((await platform.database.releases.get(waited))?.state).toBe('skipped');
    await rollBackToBefore();
    await expectSettled(2);
    const { number } = (await platform.database.releases.get(web().record.stableRelease!))!;
    expect(number).toBe(2);
    await rollBackToBefore();
    await expectSettled(2);
    expect(web().record.stableRelease).toBe(first);
    await expect(rollBackToBefore()).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'releaseNumber' });
  });

  test('brings a roll-out under way back to where it began', async () => {
    const first = await running(2);
    const second = await platform.release('web', 'b');
    await goOn(() => web().rollout !== null);
    expect(await rollBackToBefore()).toMatchObject({ from: first, to: second, state: 'returning' });
    await expectSettled(2);
    expect(web().record.stableRelease).toBe(first);
  });

  test('of the first of all finds nothing', async () => {
    await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
    await platform.release();
    await goOn(() => web().rollout !== null);
    await expect(rollBackToBefore()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('a release that never ran is rolled out where it is asked for by its number, and is skipped again when it gives way', async () => {
  await running(2);
  await platform.release('web', 'b');
  await goOn(() => web().rollout !== null);
  const waited = await platform.release('web', 'c');
  const fourth = await platform.release('web', 'd');
  await goOn(() => web().record.stableRelease === fourth && web().rollout === null);
  await platform.release('web', 'e');
  await goOn(() => web().rollout !== null);
  await rollBack(3);
  expect(web().pending?.uid).toBe(waited);
  const sixth = await platform.release('web', 'a');
  expect((await platform.database.releases.get(waited))?.state).toBe('skipped');
  await goOn(() => web().record.stableRelease === sixth && web().rollout === null);
  await rollBack(3);
  await expectSettled(2);
  expect(web().record.stableRelease).toBe(waited);
  expect((await platform.database.releases.get(waited))?.state).toBe('stable');
});

describe('a release that is made during a roll-out', () => {
  test('waits for its end; a newer one takes its place', async () => {
    await running(2);
    const second = await platform.release('web', 'b');
    await goOn(() => web().rollout !== null);
    const third = await platform.release('web', 'c');
    const fourth = await platform.release('web', 'd');
    expect(web().rollout?.to).toBe(second);
    await goOn(() => web().record.stableRelease === fourth && web().rollout === null);
    await expectSettled(2);
    expect((await platform.database.releases.get(third))?.state).toBe('skipped');
    expect(await platform.database.rollouts.find({ to: third })).toEqual([]);
  });

  test('is found again after a crash', async () => {
    await running(2);
    await platform.release('web', 'b');
    await goOn(() => web().rollout !== null);
    const third = await platform.release('web', 'c');
    await platform.start();
    agents.reconnect();
    expect(web().pending?.uid).toBe(third);
    await goOn(() => web().record.stableRelease === third && web().rollout === null);
    await expectSettled(2);
  });

  test('and gives way to a rollback does not come back after a crash', async () => {
    const first = await running(2);
    await platform.release('web', 'b');
    await goOn(() => web().rollout !== null);
    await platform.release('web', 'c');
    await rollBack(1);
    await goOn(() => web().rollout === null && web().pending === null && web().record.stableRelease === first);
    await platform.start();
    agents.reconnect();
    expect(web().pending).toBeNull();
    await expectSettled(2);
    expect(web().record.stableRelease).toBe(first);
  });

  test('and is what the roll-out has come back to begins nothing', async () => {
    const first = await running(2);
    agents.bad.add(await platform.release('web', 'b'));
    await goOn(() => web().rollout !== null);
    await rollBack(1);
    await goOn(() => web().rollout === null && web().pending === null);
    await expectSettled(2);
    expect(web().record.stableRelease).toBe(first);
    expect(await platform.database.rollouts.find({ to: first })).toHaveLength(1);
  });
});

describe('a rollback that is asked for during a roll-out', () => {
  const byRequest = { code: 'returned-by-request', message: 'operator asked for release 1' };

  /** One of three instances serves the second release already. */
  async function halfWay(): Promise<{ first: string; second: string }> {
    const first = await running(3);
    const second = await platform.release('web', 'b');
    await goOn(() => {
      const [taking] = web().rollout?.instances ?? [];
      return taking !== undefined && web().instances.get(taking)?.runningRelease === second && actives().length === 2;
    });
    return { first, second };
  }

  test('returns it at once, and keeps enough instances in the load balancer', async () => {
    const { first, second } = await halfWay();
    const rollout = await rollBack(1);
    expect(rollout).toMatchObject({ from: first, to: second, state: 'returning', reason: byRequest });
    expect(await platform.database.rollouts.get(rollout.uid)).toEqual(rollout);
    least = Infinity;
    await goOn(() => web().rollout === null);
    expect(least).toBe(2);
    await expectSettled(3);
    expect(web().record.stableRelease).toBe(first);
    expect(await platform.database.rollouts.get(rollout.uid)).toMatchObject({ state: 'returned', reason: byRequest });
    expect((await platform.database.releases.get(second))?.state).toBe('returned');
    expect(await platform.events('rollout.returning')).toMatchObject([
      { cause: 'operator', data: { rollout: rollout.uid, reason: byRequest, by: 'operator' } },
    ]);
  });

  test('leaves out the release that waits for its end', async () => {
    const { first } = await halfWay();
    const third = await platform.release('web', 'c');
    await rollBack(1);
    await expectSettled(3);
    expect(web().record.stableRelease).toBe(first);
    expect((await platform.database.releases.get(third))?.state).toBe('skipped');
  });

  test('asked again while it returns, it answers the same and tells nothing twice', async () => {
    await halfWay();
    const rollout = await rollBack(1);
    expect(await rollBack(1)).toEqual(rollout);
    expect(await platform.events('rollout.returning')).toHaveLength(1);
  });

  test('is answered by its key again after a restart, whatever has become of it', async () => {
    await halfWay();
    const question = { scope: 'operator', key: 'rollback:once', asked: 'release 1' };
    const { result } = await platform.parts.idempotent(question, () => rollBack(1));
    await platform.start();
    agents.reconnect();
    await expectSettled(3);
    expect(await platform.parts.idempotent(question, () => rollBack(1))).toEqual({ asked: 'release 1', result });
    expect(result.state).toBe('returning');
  });

  test('for a third release returns first, and then rolls that out', async () => {
    const { first, second } = await halfWay();
    await goOn(() => web().record.stableRelease === second && web().rollout === null);
    const third = await platform.release('web', 'c');
    await goOn(() => web().rollout?.instances.length === 1);
    expect(await rollBack(1)).toMatchObject({ from: second, to: third, state: 'returning' });
    await expectSettled(3);
    expect(web().record.stableRelease).toBe(first);
  });

  test('for the release that is on its way lets it go on', async () => {
    const { second } = await halfWay();
    await platform.release('web', 'c');
    expect(await rollBack(2)).toMatchObject({ to: second, state: 'running' });
    await expectSettled(3);
    expect(web().record.stableRelease).toBe(second);
  });

  test('for the release that is being returned from is refused, and nothing waits', async () => {
    const { first } = await halfWay();
    await rollBack(1);
    await expect(rollBack(2)).rejects.toMatchObject({ code: 'CONFLICT', field: 'releaseNumber' });
    await expectSettled(3);
    expect(web().record.stableRelease).toBe(first);
  });

  test('returns also what is queued and has not begun', async () => {
    const first = await running(2);
    await platform.release('web', 'b');
    expect(web().rollout).toBeNull();
    expect(await rollBack(1)).toMatchObject({ from: first, state: 'returning', reason: byRequest });
    await expectSettled(2);
    expect(web().record.stableRelease).toBe(first);
  });

  test('ends the first roll-out where it stands, and rolls the release out from there', async () => {
    await platform.apply(
      application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: { minimum: 2, maximum: 10 } }]),
    );
    const first = await platform.release('web', 'a');
    await platform.pass();
    const second = await platform.release('web', 'b');
    expect(web().rollout).toMatchObject({ from: null, to: first });
    expect(await rollBack(2)).toMatchObject({ from: first, to: second, state: 'running' });
    await expectSettled(2);
    expect(web().record.stableRelease).toBe(second);
    expect((await platform.database.rollouts.find({ to: first }))[0]).toMatchObject({
      state: 'returned',
      reason: { code: 'returned-by-request' },
    });
  });

  test('killed at every step, it ends in one of the two releases, completely', async () => {
    const first = await running(2);
    const ends = new Set<string | null>();
    for (let round = 0; ; round += 1) {
      const next = await platform.release('web', String.fromCharCode(98 + (round % 5)));
      await goOn(() => web().rollout?.instances.length === 1);
      const killed = platform.crash.after(round).then(() => 'killed');
      const end = rollBack(1)
        .then(() => goOn(() => web().rollout === null && web().pending === null))
        .then(() => 'over');
      const outcome = await Promise.race([killed, end]);
      platform.crash.never();
      if (outcome === 'killed') {
        await platform.start();
        agents.reconnect();
        await expectSettled(2);
        expect([first, next]).toContain(web().record.stableRelease);
        ends.add(web().record.stableRelease === first ? 'first' : 'next');
        if (web().record.stableRelease === next) await rollBack(1);
      }
      await expectSettled(2);
      expect(web().record.stableRelease).toBe(first);
      const asked = (await platform.events('rollout.returning')).filter(({ data }) => data.to === next);
      expect(asked.length).toBeLessThanOrEqual(1);
      if (outcome === 'over') break;
    }
    expect([...ends].sort()).toEqual(['first', 'next']);
  }, 60_000);
});

test('an instance that waits to be switched when its roll-out is over serves again', async () => {
  await running(2);
  const instance = actives()[0]!;
  await platform.parts.instances.drain(web(), instance, 'switch', null);
  await platform.parts.journal.settle();
  await platform.start();
  agents.reconnect();
  await expectSettled(2);
});

describe.each([
  { instances: 1, what: 'a good release', bad: false },
  { instances: 3, what: 'a good release', bad: false },
  { instances: 2, what: 'a bad release', bad: true },
])('killed at every step of rolling $what out to $instances', ({ instances, bad }) => {
  test('it goes on and ends in one of the two releases, completely', async () => {
    const first = await running(instances);
    const ends = new Set<string | null>();
    let kills = 0;
    least = Infinity;
    for (let round = 0; ; round += 1) {
      const next = await platform.release('web', String.fromCharCode(98 + (round % 5)));
      const before = web().record.stableRelease;
      if (bad) agents.bad.add(next);
      const killed = platform.crash.after(round).then(() => 'killed');
      const end = goOn(() => web().rollout === null && web().pending === null).then(() => 'over');
      const outcome = await Promise.race([killed, end]);
      platform.crash.never();
      if (outcome === 'killed') {
        kills += 1;
        await platform.start();
        agents.reconnect();
      }
      await expectSettled(instances);
      expect([before, next]).toContain(web().record.stableRelease);
      ends.add(web().record.stableRelease === next ? 'next' : 'before');
      if (outcome === 'over') break;
    }
    expect(kills).toBeGreaterThan(10);
    expect(least).toBeGreaterThan(0);
    expect([...ends]).toEqual([bad ? 'before' : 'next']);
    if (bad) expect(web().record.stableRelease).toBe(first);
  }, 60_000);
});
