import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { application, document } from '../testing/manifests.ts';
import type { Principal } from '../principal.ts';
import { Platform } from '../testing/platform.ts';

const IMAGE = `registry.example.org/team/deno@sha256:${'0123456789abcdef'.repeat(4)}`;
const NEWER = IMAGE.replace('0123', '4567');
const SPEC = {
  version: '1.0.0',
  category: 'framework',
  runtimes: ['container'],
  image: IMAGE,
  ports: [{ name: 'http', protocol: 'http' }],
  hooks: { start: 'hooks/start' },
};
const deno = (spec: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}) =>
  document('Cartridge', 'deno', { ...SPEC, ...spec }, metadata);
const SHOP = application('shop', [{ alias: 'web', cartridge: 'deno' }]);

let platform: Platform;
beforeEach(async () => {
  platform = await Platform.open();
});
afterEach(() => platform[Symbol.asyncDispose]());

const apply = (manifests: string) => platform.apply(manifests);
const stored = async () => (await platform.database.cartridges.find({ name: 'deno' }))[0];

test('an image with its manifest becomes a cartridge, and the same again changes nothing', async () => {
  expect(await apply(deno())).toMatchObject([{ kind: 'Cartridge', name: 'deno', result: 'created' }]);
  expect(await stored()).toMatchObject({
    generation: 1,
    directory: '/cartridge',
    manifest: { spec: { image: IMAGE } },
  });
  expect(await apply(deno())).toMatchObject([{ result: 'unchanged' }]);
  expect(await stored()).toMatchObject({ generation: 1 });
  expect(await platform.events('cartridge.created')).toMatchObject([
    { tenant: null, subject: { kind: 'Cartridge', name: 'deno' }, data: { generation: 1, image: IMAGE } },
  ]);
});

test('applications may be applied in the same call, and take a newer image as soon as it is applied', async () => {
  await apply(SHOP + deno());
  expect(platform.cluster('web').plan.cartridge.manifest.spec.image).toBe(IMAGE);
  expect(await apply(deno({ image: NEWER }))).toMatchObject([{ result: 'changed' }]);
  expect(await stored()).toMatchObject({ generation: 2 });
  expect(platform.cluster('web').plan.cartridge).toMatchObject({ generation: 2, manifest: { spec: { image: NEWER } } });
});

test('a dry run stores nothing', async () => {
  await platform.apply(deno(), { dryRun: true });
  expect(await stored()).toBeUndefined();
});

describe('is refused', () => {
  test.each<[string, string, RegExp]>([
    ['without an image', deno({ image: undefined }), /spec\.image: expected the image of the cartridge/],
    ['by a tag', deno({ image: 'deno:latest' }), /spec\.image: expected an image by its digest/],
    ['of a tenant', deno({}, { tenant: 'acme' }), /metadata\.tenant: a cartridge is the platform’s/],
    ['as a process', deno({ runtimes: ['process', 'container'] }), /spec\.runtimes: expected container alone/],
    ['with nothing to start', deno({ hooks: {} }), /spec\.hooks: expected the hook start/],
    [
      'in the place of one that is a folder',
      document('Cartridge', 'node', SPEC),
      /metadata\.name: "node" is installed as a folder/,
    ],
  ])('%s', async (_, manifests, message) => {
    await expect(apply(manifests)).rejects.toThrow(message);
    expect(await stored()).toBeUndefined();
  });

  test('from anybody but an operator', async () => {
    const admin: Principal = { token: 't', name: 'ann', role: 'admin', tenant: 'acme', application: null };
    await expect(platform.apply(deno(), { principal: admin })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await stored()).toBeUndefined();
  });

  test('where somebody has changed it meanwhile', async () => {
    await apply(deno());
    const late = platform.apply(deno({ image: NEWER }), { expectedGeneration: 0 });
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT', field: 'expectedGeneration' });
  });
});
