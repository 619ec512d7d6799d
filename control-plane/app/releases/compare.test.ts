import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import type { Principal } from '../principal.ts';

const ANN: Principal = { token: 'token', name: 'ann', role: 'viewer', tenant: 'acme', application: null };
const ref = { tenant: 'acme', application: 'shop', alias: 'web' };
const SECRET = 'a-secret-value';

let platform: Platform;
beforeEach(async () => {
  platform = await Platform.open();
  const git = { url: 'https://git.example.org/shop.git' };
  await platform.apply(
    application('shop', [{ alias: 'web', cartridge: 'node', source: { git } }]) +
      application('blog', [{ alias: 'web', cartridge: 'plain' }]),
  );
});
afterEach(() => platform[Symbol.asyncDispose]());

const releases = (app = 'shop'): Promise<ReleaseRecord[]> =>
  platform.database.releases.find({ cluster: platform.cluster('web', app).record.uid });

async function build(): Promise<ReleaseRecord> {
  const { build: begun } = await platform.parts.mutations.deploy(OPERATOR, ref);
  await eventually('the build', async () => (await platform.database.builds.get(begun.uid))?.state === 'succeeded');
  return (await releases()).at(-1)!;
}

const compare = (release: ReleaseRecord, other: string | null = null, who = ANN) =>
  platform.parts.queries.releaseDifference(who, release, other);

test('a release is compared with the one before it, down to the commit that it was built from', async () => {
  const first = await build();
  expect(await compare(first)).toBeNull();
  await platform.parts.mutations.configure(OPERATOR, { ...ref, set: [{ name: 'MODE', value: 'fast' }], unset: [] });
  const second = (await releases()).at(-1)!;
  expect(await compare(second)).toMatchObject({
    ...{ from: { number: 1 }, to: { number: 2 }, source: null, artifact: null, cartridge: null, secrets: [] },
    variables: [{ name: 'MODE', change: 'added', before: null, after: 'fast' }],
  });
  platform.fetcher.refs.set('https://git.example.org/shop.git#main', 'b'.repeat(40));
  const third = await build();
  expect(await compare(third)).toMatchObject({
    ...{ from: { number: 2 }, to: { number: 3 }, variables: [] },
    source: {
      before: { origin: { kind: 'git', commit: expect.stringMatching(/^[0-9a-f]{40}$/) } },
      after: { origin: { kind: 'git', commit: 'b'.repeat(40) } },
    },
  });
  // The same commit once more.
  expect(await compare(await build())).toMatchObject({ from: { number: 3 }, to: { number: 4 }, source: null });
  expect(await compare(third, first.uid)).toMatchObject({ from: { number: 1 }, variables: [{ name: 'MODE' }] });
});

test('of secrets the names and versions are told, and never a value', async () => {
  await build();
  const secrets = [{ name: 'KEY', value: SECRET, delivery: 'environment' as const }];
  await platform.parts.mutations.setSecrets(OPERATOR, { ...ref, secrets });
  await platform.parts.mutations.setSecrets(OPERATOR, { ...ref, secrets: [{ ...secrets[0]!, value: `${SECRET}-2` }] });
  const [first, ...others] = await releases();
  const told = await compare(others.at(-1)!, first!.uid);
  expect(told?.secrets).toEqual([{ name: 'KEY', change: 'added', before: null, after: 2 }]);
  expect(JSON.stringify(told)).not.toContain(SECRET);
});

test('what is another’s is not there, and releases of two service clusters are not compared', async () => {
  const release = await build();
  await platform.pass();
  const [blog] = await releases('blog');
  await expect(compare(release, blog!.uid)).rejects.toMatchObject({ code: 'INVALID', field: 'other' });
  await expect(compare(release, 'none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const eve: Principal = { ...ANN, tenant: 'beta' };
  await expect(compare(release, null, eve)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const bound: Principal = { ...ANN, application: 'blog' };
  await expect(compare(blog!, release.uid, bound)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
