import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Principal } from '../principal.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';

const ANN: Principal = { token: 'ann', name: 'ann', role: 'deployer', tenant: 'acme', application: null };
const WEB = { application: 'shop', alias: 'web' };
const SHOP = { application: 'shop' };
let platform: Platform;

beforeEach(async () => {
  platform = await Platform.open();
  await platform.apply(
    application('shop', [
      { alias: 'web', cartridge: 'node', environment: { GREETING: 'hello', COLOUR: 'red' } },
      { alias: 'jobs', cartridge: 'worker' },
    ]),
  );
});
afterEach(() => platform[Symbol.asyncDispose]());

const configure = (ref: object, set: Record<string, string>, unset: readonly string[] = []) =>
  platform.parts.mutations.configure(ANN, {
    application: 'shop',
    ...ref,
    set: Object.entries(set).map(([name, value]) => ({ name, value })),
    unset,
  });
const releasesOf = (alias: string): Promise<ReleaseRecord[]> =>
  platform.database.releases.find({ cluster: platform.cluster(alias).record.uid });
const environmentOf = async (alias: string) => (await releasesOf(alias)).at(-1)?.configuration.environment;
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as { code: string; message: string; field: string },
  );

test('several variables in one call make one release with the artifact of before', async () => {
  await platform.release('web', 'a');
  const { changed, releases } = await configure(WEB, { GREETING: 'grüezi', WORKERS: '2' });
  expect(changed).toEqual(['GREETING', 'WORKERS']);
  expect(releases.map(({ alias, release }) => [alias, release.number, release.createdBy])).toEqual([['web', 2, 'ann']]);
  const [first, second, ...others] = await releasesOf('web');
  expect(others).toEqual([]);
  expect(second?.artifact).toBe(first?.artifact);
  expect(second?.configuration.environment).toEqual({ GREETING: 'grüezi', COLOUR: 'red', WORKERS: '2' });
  expect(first?.configuration.environment).toEqual({ GREETING: 'hello', COLOUR: 'red' });
});

test('the same again changes nothing and makes no release', async () => {
  await platform.release('web', 'a');
  await configure(WEB, { GREETING: 'grüezi' });
  expect(await configure(WEB, { GREETING: 'grüezi' })).toEqual({ changed: [], releases: [] });
  expect(await configure(WEB, {}, ['NEVER_SET'])).toEqual({ changed: [], releases: [] });
  expect(await releasesOf('web')).toHaveLength(2);
});

test('what is unset is the manifest’s again', async () => {
  await platform.release('web', 'a');
  await configure(WEB, { GREETING: 'grüezi' });
  await configure(WEB, {}, ['GREETING']);
  expect(await environmentOf('web')).toEqual({ GREETING: 'hello', COLOUR: 'red' });
});

test('what is set for the application reaches all of its components, one release each, and lies below their own', async () => {
  await platform.release('web', 'a');
  await platform.release('jobs', 'b');
  await configure(WEB, { LEVEL: 'debug' });
  const { releases } = await configure(SHOP, { LEVEL: 'info', REGION: 'eu' });
  expect(releases.map(({ alias }) => alias)).toEqual(['web', 'jobs']);
  expect(await environmentOf('web')).toEqual({ GREETING: 'hello', COLOUR: 'red', LEVEL: 'debug', REGION: 'eu' });
  expect(await environmentOf('jobs')).toEqual({ LEVEL: 'info', REGION: 'eu' });
  expect(await releasesOf('lb')).toHaveLength(1);
});

test('a component that it changes nothing for gets no release', async () => {
  await platform.release('web', 'a');
  await platform.release('jobs', 'b');
  const { releases } = await configure(SHOP, { COLOUR: 'red' });
  expect(releases.map(({ alias }) => alias)).toEqual(['jobs']);
});

test('before the first deployment it is kept for the first release', async () => {
  expect(await configure(WEB, { GREETING: 'grüezi' })).toEqual({ changed: ['GREETING'], releases: [] });
  await platform.release('web', 'a');
  expect(await environmentOf('web')).toMatchObject({ GREETING: 'grüezi' });
});

test('variables say where they come from', async () => {
  await configure(SHOP, { COLOUR: 'green', REGION: 'eu' });
  await configure(WEB, { COLOUR: 'blue' });
  const variables = await platform.parts.queries.variables(ANN, platform.cluster('web').record);
  expect(
    variables.map(({ name, value, origin, hides }) => [name, value, origin, hides.map((each) => each.origin)]),
  ).toEqual([
    ['COLOUR', 'blue', 'service-cluster', ['manifest', 'application']],
    ['GREETING', 'hello', 'manifest', []],
    ['REGION', 'eu', 'application', []],
  ]);
});

test('an event says who changed which names, and no value', async () => {
  await configure(WEB, { GREETING: 'a value' });
  await configure(WEB, {}, ['GREETING']);
  const events = await platform.events('configuration.changed');
  expect(events.map(({ data }) => data)).toEqual([
    { by: 'ann', set: ['GREETING'], unset: [] },
    { by: 'ann', set: [], unset: ['GREETING'] },
  ]);
  expect(events[0]?.subject).toMatchObject({ kind: 'ServiceCluster', name: 'shop/web' });
});

describe('refused, and nothing is stored:', () => {
  test.each([
    ['PORT', 'set by the platform'],
    ['HOST', 'set by the platform'],
    ['CARTWRIGHT_TENANT', 'set by the platform'],
    ['PORT_ADMIN', 'set by the platform'],
    ['1A', 'expected a name'],
    ['A-B', 'expected a name'],
    ['__proto__', 'expected a name'],
    ['', 'expected a name'],
  ])('the name %j', async (name, why) => {
    const { code, message } = await refusal(
      platform.parts.mutations.configure(ANN, { ...WEB, set: [{ name, value: 'x' }], unset: [] }),
    );
    expect(code).toBe('INVALID');
    expect(message).toContain(JSON.stringify(name));
    expect(message).toContain(why);
    expect(await platform.database.configurations.find({})).toEqual([]);
  });

  test.each(['a\0b', '\ud800', 'x'.repeat(32_769)])('a value that no environment can hold', async (value) => {
    const { code, message } = await refusal(configure(WEB, { GREETING: value }));
    expect([code, message.includes('GREETING'), message.length < 200]).toEqual(['INVALID', true, true]);
    expect(await platform.database.configurations.find({})).toEqual([]);
  });

  test('a name that is set and unset at once, and a call that names none', async () => {
    expect((await refusal(configure(WEB, { A: '1' }, ['A']))).message).toContain('named twice');
    expect((await refusal(configure(WEB, {}))).message).toContain('at least one');
  });

  test('more than an environment can hold', async () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`V${index}`, 'x']));
    expect((await refusal(configure(WEB, many))).message).toContain('201 variables');
    const large = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`V${index}`, 'x'.repeat(32_000)]));
    expect((await refusal(configure(WEB, large))).code).toBe('INVALID');
    expect(await platform.database.configurations.find({})).toEqual([]);
  });

  test('the load balancer’s, and that of what is not there', async () => {
    expect((await refusal(configure({ alias: 'lb' }, { A: '1' }))).message).toContain('the platform’s own');
    expect((await refusal(configure({ alias: 'none' }, { A: '1' }))).code).toBe('NOT_FOUND');
    expect((await refusal(configure({ application: 'none' }, { A: '1' }))).code).toBe('NOT_FOUND');
  });

  test('a variable that a secret of the same name would hide', async () => {
    await platform.parts.mutations.setSecrets(ANN, {
      ...SHOP,
      secrets: [{ name: 'TOKEN', value: 'hunter2', delivery: 'environment' }],
    });
    const { code, message } = await refusal(configure(WEB, { TOKEN: 'x' }));
    expect([code, message.includes('TOKEN'), message.includes('hunter2')]).toEqual(['CONFLICT', true, false]);
  });
});

test('two changes at once are both there at the end', async () => {
  await platform.release('web', 'a');
  await Promise.all([configure(WEB, { A: '1' }), configure(WEB, { B: '2' }), configure(SHOP, { C: '3' })]);
  expect(await environmentOf('web')).toMatchObject({ A: '1', B: '2', C: '3' });
});

test('a crash between what was stored and its release is made up for by the next start', async () => {
  await platform.release('web', 'a');
  let transactions = 0;
  // The first stores the variables, the next one the release.
  platform.refuse = (what) =>
    what === 'transaction' && (transactions += 1) > 1 ? new Error('the power is gone') : undefined;
  await expect(configure(WEB, { GREETING: 'grüezi' })).rejects.toThrow('the power is gone');
  platform.refuse = () => undefined;
  expect(await releasesOf('web')).toHaveLength(1);
  await platform.start();
  expect(await environmentOf('web')).toMatchObject({ GREETING: 'grüezi' });
  await platform.start();
  expect(await releasesOf('web')).toHaveLength(2);
});

test('a rollback brings the environment of its release, and what is asked for comes back with the next one', async () => {
  const agents = new Agents(platform);
  const settle = async (): Promise<void> => {
    for (let step = 0; step < 25; step += 1) {
      await platform.pass();
      agents.step();
      platform.now += 1500;
    }
  };
  await platform.release('web', 'a');
  await settle();
  await configure(WEB, { GREETING: 'grüezi' });
  await settle();
  await platform.parts.mutations.rollback(ANN, { ...WEB, releaseNumber: 1 });
  await settle();
  expect(platform.cluster('web').stable?.configuration.environment).toMatchObject({ GREETING: 'hello' });
  await configure(WEB, { WORKERS: '2' });
  expect(await environmentOf('web')).toMatchObject({ GREETING: 'grüezi', WORKERS: '2' });
});

test('what was set goes with the application', async () => {
  await configure(SHOP, { A: '1' });
  await configure(WEB, { B: '2' });
  await platform.parts.mutations.deleteApplication(ANN, { name: 'shop' });
  for (let step = 0; step < 10; step += 1) {
    await platform.pass();
    platform.now += 1500;
  }
  expect(await platform.database.applications.find({})).toEqual([]);
  expect(await platform.database.configurations.find({})).toEqual([]);
});
