import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../errors.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { CLOCK } from '../testing/records.ts';
import { Freeze } from './freeze.ts';

let platform: Platform;
let agents: Agents;
beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: { maximum: 9 } }]));
  await platform.release();
  await steps(6);
});
afterEach(() => platform[Symbol.asyncDispose]());

const web = () => platform.cluster('web');
const ref = { tenant: 'acme', application: 'shop', alias: 'web' };
const decide = () => platform.decide(web(), false);
const active = () =>
  web()
    .live()
    .filter(({ record }) => record.state === 'active');

async function steps(count: number): Promise<void> {
  for (let step = 0; step < count; step += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1000;
  }
}

/** More requests than one instance carries, over a full window. */
function overload(): void {
  for (let second = 0; second < 70; second += 1) {
    const from = platform.now;
    platform.now += 1000;
    const counts = { arrivalsPerSecond: 200, completionsPerSecond: 200, errorsPerSecond: 0, endedPerSecond: 200 };
    const demand = {
      inFlight: 20,
      queued: 0,
      throttled: 0,
      affinityBroken: 0,
      ejections: 0,
      saturated: false,
      completions: 200,
      serviceSeconds: 20,
    };
    web().windows.observeDemand(
      'balancer',
      { from, to: platform.now, ...counts, ...demand, queuedNow: 0 },
      platform.now,
    );
  }
}

const freeze = (forSeconds?: number) =>
  platform.parts.mutations.freeze(OPERATOR, {
    reason: 'we move the network',
    ...(forSeconds === undefined ? {} : { forSeconds }),
  });

test('no decision to grow is acted on, and each says who froze the platform and why', async () => {
  await freeze();
  overload();
  await decide();
  expect(web().record.wanted).toBe(1);
  expect(web().lastDecision).toMatchObject({ acted: false, reasonCode: 'frozen', to: 3 });
  expect(web().lastDecision!.sentence).toContain('the whole platform is frozen by operator (we move the network)');
  await platform.parts.mutations.unfreeze(OPERATOR);
  await decide();
  expect(web().record.wanted).toBe(3);
  expect(web().lastDecision!.sentence).not.toContain('frozen');
});

test('a number set by hand is acted on, and what died is replaced', async () => {
  await freeze();
  await platform.parts.mutations.scale(OPERATOR, { ...ref, instances: 2, kind: 'pin', reason: 'sale' });
  await decide();
  expect(web().lastDecision!.sentence).toMatch(/^web: 1 → 2 instances, because pinned at 2 \(sale\).*is frozen by/);
  await steps(8);
  expect(active()).toHaveLength(2);
  const [first] = active();
  platform.provider.end(first!.record.uid, 'signal SIGKILL');
  await steps(8);
  expect(active()).toHaveLength(2);
});

test('a roll-out goes on', async () => {
  await freeze();
  const release = await platform.release('web', 'b');
  await steps(20);
  expect(web().record.stableRelease).toBe(release);
});

test('it outlives the control plane, is an event, and everybody may know it', async () => {
  await freeze(7200);
  await platform.start();
  const frozen = { reason: 'we move the network', by: 'operator', expiresAt: platform.now + 7_200_000 };
  expect(platform.parts.freeze.current()).toMatchObject(frozen);
  const viewer = { token: 'v', name: 'eve', role: 'viewer', tenant: 'beta', application: null } as const;
  expect(await platform.parts.queries.freeze(viewer)).toMatchObject(frozen);
  expect(await platform.events('platform.frozen')).toMatchObject([{ tenant: null, data: frozen }]);
});

describe('its end', () => {
  test('comes by itself, at once, and is told when the database is there', async () => {
    await freeze(60);
    platform.now += 60_000;
    expect(platform.parts.freeze.current()).toBeNull();
    platform.refuse = (what) =>
      what === 'transaction' ? new StoreUnavailable('DATABASE_LOCKED', 'locked') : undefined;
    let tick = (): void => undefined;
    const clock = {
      ...CLOCK,
      now: () => platform.now,
      setInterval: (task: () => void) => {
        tick = task;
        return { cancel: () => undefined };
      },
    };
    const warnings: unknown[] = [];
    const logger = { warn: (fields: unknown): void => void warnings.push(fields) };
    const store = platform.database;
    const { fleet, events } = platform.parts;
    const looking = new Freeze({ store, fleet, events, clock, logger });
    await looking.restore();
    looking.start();
    tick();
    await looking.close();
    expect(warnings).toMatchObject([{ error: 'locked' }]);
    platform.refuse = () => undefined;
    tick();
    await looking.close();
    expect(await platform.events('platform.unfrozen')).toMatchObject([{ data: { expired: true } }]);
    expect(await platform.database.settings.get('freeze')).toBeUndefined();
  });

  test('is answered with what was ended, and with nothing where there was none', async () => {
    expect(await platform.parts.mutations.unfreeze(OPERATOR)).toBeNull();
    const frozen = await freeze();
    expect(await platform.parts.mutations.unfreeze(OPERATOR)).toEqual(frozen);
    expect(await platform.events('platform.unfrozen')).toHaveLength(1);
  });
});

test.each([
  ['no reason', { reason: ' ' }, 'reason'],
  ['no time', { reason: 'x', forSeconds: 0 }, 'forSeconds'],
  ['more than a month', { reason: 'x', forSeconds: 3e6 }, 'forSeconds'],
])('it is refused with %s', async (_, asked, field) => {
  await expect(platform.parts.mutations.freeze(OPERATOR, asked)).rejects.toMatchObject({ code: 'INVALID', field });
  expect(platform.parts.freeze.current()).toBeNull();
});
