import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { SourceError } from '../errors.ts';
import type { Principal } from '../principal.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';

const of = (role: Principal['role'], token = role as string, of: string | null = null): Principal => ({
  ...{ token, name: token, role },
  tenant: role === 'operator' ? null : 'acme',
  application: of,
});
const DEPLOYER = of('deployer');
const OPERATOR = of('operator');
const URL = 'https://git.example.org/shop.git';
const FOLDER = '/srv/git/shop';
let platform: Platform;

beforeEach(async () => {
  platform = await Platform.open();
  platform.fetcher.refs.set(`${URL}#main`, 'a'.repeat(40));
});
afterEach(() => platform[Symbol.asyncDispose]());

const check = (question: Partial<Parameters<typeof platform.parts.queries.checkRepository>[1]> = {}, who = DEPLOYER) =>
  platform.parts.queries.checkRepository(who, { url: URL, ...question });
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as { code: string; message: string },
  );

/** Until it is called, no host answers. */
function silence(): () => void {
  let answer = (): void => undefined;
  const silent = new Promise<void>((resolve) => (answer = resolve));
  platform.fetcher.before = () => silent;
  return answer;
}

test('a repository is looked at with the credential that is named, and nothing is recorded', async () => {
  const forge = { name: 'forge', kind: 'token', hosts: ['git.example.org'], value: 'ghp_correct-horse' } as const;
  await platform.parts.mutations.setCredential(of('admin'), forge);
  await platform.parts.recorded();
  const last = await platform.database.events.last();
  expect(await check({ branch: 'main', credentials: 'forge' })).toMatchObject({
    problem: null,
    look: { defaultBranch: 'main', branches: ['main'], found: { commit: 'a'.repeat(40) } },
  });
  const { value: password, name, hosts } = forge;
  expect(platform.fetcher.looked).toMatchObject([
    { tenant: 'acme', url: URL, branch: 'main', credential: { name, hosts, password } },
  ]);
  await platform.parts.recorded();
  expect(await platform.database.events.last()).toBe(last);
  expect(await platform.database.sources.find({})).toEqual([]);
});

describe('a problem names what it is about:', () => {
  test('the credential that is not there', async () => {
    expect(await check({ credentials: 'none' })).toMatchObject({
      look: null,
      problem: { code: 'GIT_CREDENTIALS_MISSING', field: 'credentials' },
    });
    expect(platform.fetcher.looked).toEqual([]);
  });

  test.each([
    ['GIT_UNREACHABLE', 'url'],
    ['GIT_CREDENTIALS_MISSING', 'credentials'],
    ['GIT_HOST_KEY_UNKNOWN', 'credentials'],
  ])('%s', async (code, field) => {
    platform.fetcher.failure = new SourceError(code, 'why');
    expect(await check()).toEqual({ look: null, problem: { code, message: 'why', field } });
  });

  test.each([
    [{ branch: 'x' }, 'branch'],
    [{ tag: 'x' }, 'tag'],
    [{ commit: 'x' }, 'commit'],
    [{}, 'branch'],
  ])('the reference %j', async (reference, field) => {
    const error = new SourceError('GIT_REF_NOT_FOUND', 'has none');
    platform.fetcher.look = async () => ({
      ...{ defaultBranch: null, branches: ['main'], branchCount: 1, found: { kind: 'none', error } },
    });
    expect(await check(reference)).toMatchObject({
      look: { branches: ['main'] },
      problem: { code: 'GIT_REF_NOT_FOUND', message: 'has none', field },
    });
  });

  test('and not what fails in the platform', async () => {
    platform.fetcher.failure = new Error('EACCES: /var/lib/cartwright/git');
    await expect(check()).rejects.toThrow('EACCES');
  });
});

describe('folders of the machine', () => {
  test('are looked into for operators alone', async () => {
    for (const url of [FOLDER, `file://${FOLDER}`, `FILE://${FOLDER}`])
      expect(await check({ url })).toMatchObject({ look: null, problem: { code: 'INVALID', field: 'url' } });
    expect(platform.fetcher.looked).toEqual([]);
    expect(await check({ url: FOLDER, tenant: 'acme' }, OPERATOR)).toMatchObject({ problem: null });
  });

  test('are looked into for who deploys a component that has that one already', async () => {
    const source = { git: { url: FOLDER } };
    await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node', source }]));
    const web = { application: 'shop', alias: 'web' };
    expect(await check({ url: FOLDER, ...web })).toMatchObject({ problem: null });
    for (const other of [{ url: `${FOLDER}2` }, { alias: 'worker' }, { application: 'blog' }])
      expect(await check({ url: FOLDER, ...web, ...other })).toMatchObject({ problem: { code: 'INVALID' } });
  });
});

test('it takes a deployer of the tenant, and of the application that is named', async () => {
  for (const work of [
    check({}, of('viewer')),
    check({ tenant: 'beta' }),
    check({ application: 'blog' }, of('deployer', 'shops', 'shop')),
  ])
    expect(await refusal(work)).toMatchObject({ code: 'FORBIDDEN' });
  expect(await check({}, of('deployer', 'shops', 'shop'))).toMatchObject({ problem: null });
});

test('nothing is fetched where nothing could be deployed for want of room', async () => {
  platform.space = { ...platform.space, freeBytes: 1 };
  expect(await refusal(check())).toMatchObject({ code: 'DISK_LOW' });
  expect(platform.fetcher.looked).toEqual([]);
});

describe('asked again before it is answered', () => {
  test('the same question has the same answer', async () => {
    const answer = silence();
    const both = [check(), check()];
    answer();
    const [one, other] = await Promise.all(both);
    expect(other).toBe(one);
    expect(platform.fetcher.looked).toHaveLength(1);
    await check();
    expect(platform.fetcher.looked).toHaveLength(2);
  });

  test('another question ends the one before, of the same token alone', async () => {
    const answer = silence();
    const replaced = refusal(check({ branch: 'm' }));
    const others = check({ branch: 'm' }, of('deployer', 'another'));
    await eventually('both looks', () => platform.fetcher.looked.length === 2);
    const between = refusal(check({ branch: 'ma' }));
    const last = check({ branch: 'main' });
    expect(await replaced).toMatchObject({ code: 'CHECK_REPLACED' });
    expect(await between).toMatchObject({ code: 'CHECK_REPLACED' });
    answer();
    expect(await last).toMatchObject({ problem: null });
    expect(await others).toMatchObject({ problem: null });
    expect(platform.fetcher.looked.map(({ branch }) => branch)).toEqual(['m', 'm', 'main']);
  });
});

describe('too much', () => {
  test('by one token is refused after twenty at once, and then one is looked at a second', async () => {
    for (let asked = 0; asked < 20; asked += 1) await check();
    expect(await refusal(check())).toMatchObject({ code: 'RATE_LIMITED' });
    expect(await check({}, of('deployer', 'another'))).toMatchObject({ problem: null });
    platform.now += 1000;
    expect(await check()).toMatchObject({ problem: null });
  });

  test('at once by the tokens of a tenant is refused, and not to others', async () => {
    const answer = silence();
    const running = Array.from({ length: 4 }, (_, index) => check({}, of('deployer', `t${index}`)));
    expect(await refusal(check())).toMatchObject({
      code: 'RATE_LIMITED',
      message: expect.stringMatching(/the tenant acme/),
    });
    const others = check({ tenant: 'beta' }, OPERATOR);
    answer();
    await Promise.all([...running, others]);
    expect(await check()).toMatchObject({ problem: null });
  });
});
