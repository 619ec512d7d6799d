/** Tokens of a time over a real database, with a clock that the tests move. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { hashOf } from '../ask/authenticate.ts';
import { InstanceAccess } from '../instance-access.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { only, Platform } from '../testing/platform.ts';
import { testKey } from '../testing/vault.ts';
import { readTimedToken } from './timed-token.ts';

const LIFETIME = 3_600_000;
const GRACE = 600_000;
/** As the agents are told. */
const ASKING = GRACE / 2;

let platform: Platform;
let uid: string;

beforeEach(async () => {
  platform = await Platform.open();
  platform.tokenTimes = { lifetimeMilliseconds: LIFETIME, graceMilliseconds: GRACE };
  await platform.start();
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
  await platform.release();
  const agents = new Agents(platform);
  for (let round = 0; round < 10; round += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1000;
  }
  uid = only(platform.cluster('web')).record.uid;
});
afterEach(() => platform[Symbol.asyncDispose]());

const access = () =>
  new InstanceAccess(platform.database, platform.parts.vault, () => platform.now, platform.tokenTimes);
/** Whether the broker lets it in with this token, and the HTTP endpoints do. */
const counts = async (token: string) => {
  const byBroker = (await access().identify(uid, token)) !== undefined;
  expect((await access().byToken(token)) !== undefined).toBe(byBroker);
  return byBroker;
};
const instance = () => only(platform.cluster('web'));
const answer = () => platform.parts.agentTokens.answer(platform.cluster('web'), instance());
const asked = async () => {
  const answered = await answer();
  if ('problem' in answered) throw new Error(answered.problem);
  return answered.token;
};
const endOf = (token: string) => readTimedToken(token)!.end;
const look = async () => {
  await platform.parts.tokenRenewal.look();
  await platform.parts.journal.settle();
};
/** What a broker of one password an account has. */
const password = () => platform.accounts.tokens.get(uid);
const told = () => platform.accounts.told.filter((line) => line === `grant ${uid}`).length;
const rotate = async () => {
  platform.keys.push(testKey());
  await platform.start();
  await platform.parts.journal.settle();
};

test('a token counts for its period and the grace, and another that is asked for in time is there before it ends', async () => {
  const held = [await asked()];
  for (let time = 0; time < 3 * LIFETIME; time += ASKING) {
    platform.now += ASKING;
    await look();
    expect(await counts(held.at(-1)!)).toBe(true);
    const token = await asked();
    expect([await counts(token), password()]).toEqual([true, token]);
    if (token !== held.at(-1)) held.push(token);
  }
  expect(held).toHaveLength(4);
  platform.now += GRACE;
  for (const token of held.slice(0, -1)) expect(await counts(token)).toBe(false);
});

test('a renewal changes nothing of the record, which cookies are made of, is no event, and is told to the broker twice', async () => {
  const written: string[] = [];
  await asked();
  const { record } = instance();
  await look();
  await platform.parts.recorded();
  platform.refuse = (what) => {
    written.push(what);
    return undefined;
  };
  const before = told();
  for (let time = 0; time < LIFETIME; time += ASKING) {
    platform.now += ASKING;
    await look();
    await asked();
  }
  expect([written, told() - before]).toEqual([[], 2]);
  expect(instance().record).toBe(record);
  expect(await platform.events('instance.token-renewed')).toEqual([]);
});

test('the password of an account is another when its agent asks and not before, or when its token counts no more', async () => {
  const first = await asked();
  await look();
  platform.now = endOf(first);
  await look();
  expect(password()).toBe(first);
  const second = await asked();
  expect(password()).toBe(second);
  platform.now = endOf(second) + GRACE;
  await look();
  expect([password() === first, password() === second, await counts(password()!)]).toEqual([false, false, true]);
  expect(platform.accounts.accepted.get(uid)).not.toContain(hashOf(second));
  expect(await asked()).toBe(password());
});

test('while a broker does not take it the agent is answered the token that it has, as long as that counts', async () => {
  const first = await asked();
  platform.now = endOf(first) + GRACE - 1;
  platform.accounts.isReached = false;
  expect(await answer()).toEqual({ token: first });
  expect([password(), await counts(first)]).toEqual([first, true]);
  platform.now += 1;
  expect(await answer()).toEqual({ problem: 'broker-away' });
  platform.accounts.isReached = true;
  expect(await counts(await asked())).toBe(true);
});

describe('a control plane that starts', () => {
  const account = () => platform.parts.agentTokens.accounts().find(({ identity }) => identity.instance === uid)!;

  test('answers as the one before, and leaves accounts as they are until agents had the time to ask', async () => {
    const token = await asked();
    await platform.start();
    expect(account().mayStay).toBe(true);
    expect(await asked()).toBe(token);
    expect(account()).toMatchObject({ mayStay: false, token });
  });

  test('after longer than a lifetime accepts none of the tokens before, and gives another', async () => {
    const token = await asked();
    platform.now += 5 * LIFETIME;
    await platform.start();
    expect([await counts(token), account().mayStay]).toEqual([false, true]);
    await look();
    platform.now += GRACE;
    await look();
    expect([account().mayStay, await counts(password()!)]).toEqual([false, true]);
    expect(await counts(await asked())).toBe(true);
  });

  test('with a clock that was set back, by a little or by far, locks nobody out', async () => {
    const token = await asked();
    platform.now -= LIFETIME;
    await platform.start();
    expect(await counts(token)).toBe(true);
    platform.now -= 10 * LIFETIME;
    await look();
    expect([await counts(token), account().mayStay]).toEqual([false, false]);
    expect(await counts(await asked())).toBe(true);
  });

  test('on a database from before a rotation of the key knows the tokens of the newest', async () => {
    const stale = instance().record;
    await rotate();
    await look();
    platform.now += GRACE;
    await look();
    const token = await asked();
    await platform.database.instances.save(stale);
    await platform.start();
    await platform.parts.journal.settle();
    expect([await counts(token), await asked()]).toEqual([true, token]);
  });
});

test('after a rotation of the key the next answer is of the newest, and the one before counts until the grace is over', async () => {
  const first = await asked();
  await rotate();
  expect(await counts(first)).toBe(true);
  await look();
  const second = await asked();
  expect([second === first, await counts(first), await counts(second)]).toEqual([false, true, true]);
  platform.now += GRACE;
  await look();
  const third = await asked();
  expect([await counts(first), await counts(third), password()]).toEqual([false, true, third]);
});

test('a token is of one instance: no other comes in with it, and nobody with what it is made of', async () => {
  const token = await asked();
  const [secret] = platform.parts.vault.derive('instance-token', uid);
  expect(await access().identify('another', token)).toBeUndefined();
  expect([await counts(secret!), await counts(token.replace(uid, 'another'))]).toEqual([false, false]);
  await platform.parts.instances.stop(platform.cluster('web'), instance(), null);
  await platform.parts.journal.settle();
  expect(await counts(token)).toBe(false);
});
