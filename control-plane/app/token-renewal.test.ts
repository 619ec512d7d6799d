import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { clusterTopic } from '../../schema/mqtt/topics.ts';
import type { TopologyDocument } from '../../schema/mqtt/topology.ts';
import { eventually } from '../../test/support/eventually.ts';
import { ProviderError } from './errors.ts';
import { InstanceAccess } from './instance-access.ts';
import { Agents } from './testing/agents.ts';
import { application } from './testing/manifests.ts';
import { only, OPERATOR, Platform } from './testing/platform.ts';
import { testKey } from './testing/vault.ts';

const GRACE = 600_000;

let platform: Platform;
let uid: string;
let first: string;

beforeEach(async () => {
  platform = await Platform.open();
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
  await platform.release();
  const agents = new Agents(platform);
  for (let round = 0; round < 10; round += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1000;
  }
  uid = only(platform.cluster('web')).record.uid;
  first = held();
});
afterEach(() => platform[Symbol.asyncDispose]());

/** The token that the instance has, as its agent reads it. */
const held = () => platform.provider.instances.get(uid)!.request.token;
const access = () =>
  new InstanceAccess(platform.database, platform.parts.vault, () => platform.now, platform.tokenTimes);
/** Whether the broker lets it in with this token, and the HTTP endpoints do. */
const counts = async (token: string) => {
  const byBroker = (await access().identify(uid, token)) !== undefined;
  expect((await access().byToken(token)) !== undefined).toBe(byBroker);
  return byBroker;
};
const record = () => only(platform.cluster('web')).record;
const pending = () => platform.parts.tokenRenewal.state.pending.find(({ instance }) => instance.uid === uid)?.token;
const look = async () => {
  await platform.parts.tokenRenewal.look();
  await platform.parts.journal.settle();
};
/** A key is added, and the control plane started again. */
const rotate = async () => {
  platform.keys.push(testKey());
  await platform.start();
  await platform.parts.journal.settle();
};

describe('a running instance', () => {
  test('keeps its token as long as its key is the newest', async () => {
    await platform.start();
    await look();
    expect([held(), pending()]).toEqual([first, undefined]);
    expect(platform.provider.calls.filter((call) => call.startsWith('replaceToken'))).toEqual([]);
  });

  test('is handed a token of the newest key, and the one before counts until its time is over', async () => {
    await rotate();
    expect(await counts(first)).toBe(true);
    expect(pending()).toEqual({ state: 'waiting', problem: null });

    await look();
    const second = held();
    expect(second).not.toBe(first);
    expect([await counts(first), await counts(second)]).toEqual([true, true]);
    expect(pending()).toEqual({ state: 'grace', formerUntil: platform.now + GRACE });
    expect(await platform.events('instance.token-renewed')).toHaveLength(2);

    platform.now += GRACE - 1;
    expect(await counts(first)).toBe(true);
    platform.now += 1;
    expect([await counts(first), await counts(second)]).toEqual([false, true]);
    await look();
    expect([held(), pending()]).toEqual([second, undefined]);
    expect(record()).toMatchObject({ formerTokenHash: null, formerTokenUntil: null, state: 'active' });
  });

  test('is told to the broker by the token that it has, and with all that counts', async () => {
    await rotate();
    await look();
    expect(platform.accounts.tokens.get(uid)).toBe(held());
    const inGrace = platform.accounts.accepted.get(uid)!;
    expect(inGrace).toHaveLength(2);
    platform.now += GRACE;
    await look();
    expect(platform.accounts.accepted.get(uid)).toEqual([record().tokenHash]);
  });

  test('goes on with the old token while it cannot be given another, and says why', async () => {
    const full = () => new ProviderError('DISK_FULL', 'no space left; free some');
    await rotate();
    platform.provider.failures.push({ call: 'replaceToken', error: full() }, { call: 'replaceToken', error: full() });
    await look();
    expect(pending()).toEqual({ state: 'waiting', problem: 'no space left; free some' });
    platform.now += 10 * GRACE;
    expect([held(), await counts(first)]).toEqual([first, true]);
    await look();
    expect(pending()).toMatchObject({ state: 'grace' });
    expect(await counts(held())).toBe(true);
  });

  test('has its newest token after two rotations in a row, whether or not the first had come to it', async () => {
    await rotate();
    await rotate();
    expect(await counts(first)).toBe(true);
    await look();
    const third = held();
    await rotate();
    expect([await counts(first), await counts(third)]).toEqual([false, true]);
    await look();
    expect([held() === third, await counts(third), await counts(held())]).toEqual([false, true, true]);
  });

  test('is known by the token that it has when the database is older than that', async () => {
    const stale = record();
    await rotate();
    await look();
    platform.now += GRACE;
    await look();
    const second = held();
    await platform.database.instances.save(stale);
    await platform.start();
    await platform.parts.journal.settle();
    expect(await counts(second)).toBe(true);
    await look();
    expect([held(), await counts(second)]).toEqual([second, true]);
  });

  test('keeps what cookies hold for it', async () => {
    const member = () =>
      platform.messaging.document<TopologyDocument>(clusterTopic(platform.cluster('web').key, 'topology'))!.members[0]!;
    const before = member();
    await rotate();
    await look();
    await platform.pass();
    expect(member()).toEqual(before);
  });

  test('is served by one of its tokens at every moment, wherever the control plane is killed', async () => {
    let isWhole = false;
    for (let step = 0; !isWhole; step += 1) {
      platform.keys.push(testKey());
      const before = held();
      const killed = platform.crash.after(step);
      const whole = platform
        .start()
        .then(look)
        .then(() => true);
      isWhole = await Promise.race([whole, killed.then(() => false)]);
      expect(await counts(held())).toBe(true);
      platform.crash.never();
      await platform.start();
      await platform.parts.journal.settle();
      expect(await counts(held())).toBe(true);
      await eventually('it has the newest', async () => {
        await look();
        return pending()?.state === 'grace';
      });
      expect([held() === before, await counts(held())]).toEqual([false, true]);
      platform.now += GRACE;
      await look();
      expect([pending(), await counts(before)]).toEqual([undefined, false]);
      expect(step).toBeLessThan(60);
    }
  });
});

test('a one-off task on this machine keeps its token, which comes from no key, until it has ended', async () => {
  platform.tasks.asksForTokens = false;
  const ref = { tenant: 'acme', application: 'shop', alias: 'web', command: ['migrate'] };
  const { uid: task } = await platform.parts.mutations.runTask(OPERATOR, ref);
  await eventually('it runs', () => platform.tasks.running === task);
  const { token } = platform.tasks.tasks.get(task)!.request;
  expect(platform.parts.vault.derive('instance-token', task)).not.toContain(token);
  await rotate();
  await look();
  expect(held()).not.toBe(first);
  platform.now += GRACE + 1;
  await look();
  expect(await access().byToken(token)).toMatchObject({ instance: task });
  expect(await access().identify(task, token)).toBeUndefined();
  platform.tasks.end(task, { kind: 'exited', code: 0 });
  await eventually('its end', async () => {
    await platform.parts.tasks.look(task);
    return (await platform.database.tasks.get(task))?.finishedAt !== null;
  });
  expect(await access().byToken(token)).toBeUndefined();
});
