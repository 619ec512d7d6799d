import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import { createImageRuntimes, imageOf, readImages } from './images.ts';

const IMAGE = `registry.example.org/platform/cartwright-nodejs@sha256:${'0a'.repeat(32)}`;
const OWN = `registry.example.org/team/deno@sha256:${'0b'.repeat(32)}`;
const spec = cartridgeSpec.parse({ version: '1', category: 'framework', runtimes: ['process', 'container'] });
let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cartwright-images-'));
  file = join(directory, 'images.json');
});
afterEach(() => rm(directory, { recursive: true }));

describe('the catalogue of images', () => {
  test('is what the build of the images has written, and may be absent', async () => {
    await writeFile(file, JSON.stringify({ v: 1, images: { nodejs: IMAGE } }));
    expect([await readImages(file), await readImages(undefined)]).toEqual([{ nodejs: IMAGE }, {}]);
  });

  test.each([
    ['{', 'is not JSON'],
    ['{"v":2,"images":{}}', 'is no catalogue of images: v'],
    [
      '{"v":1,"images":{"nodejs":"nodejs:latest"}}',
      'is no catalogue of images: images.nodejs: expected an image by its digest',
    ],
  ])('is refused with the file and the reason: %s', async (text, reason) => {
    await writeFile(file, text);
    await expect(readImages(file)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    await expect(readImages(file)).rejects.toThrow(`${file} of CARTWRIGHT_IMAGES ${reason}`);
  });

  test('is refused where it is not there', async () => {
    await expect(readImages(file)).rejects.toThrow('cannot be read');
  });
});

test('a cartridge that needs more than a tenant may have is refused, and the reason says who can allow it', () => {
  const runtimes = createImageRuntimes({}, (tenant) => (tenant === 'acme' ? 'baseline' : undefined));
  const why = (tenant: string, podSecurity?: 'baseline' | 'privileged') =>
    runtimes.whyForbidden?.(
      { metadata: { name: 'db' }, spec: { ...spec, ...(podSecurity === undefined ? {} : { podSecurity }) } },
      tenant,
    );
  expect(why('acme')).toBeUndefined();
  expect(why('other')).toBeUndefined();
  expect(why('acme', 'baseline')).toBeUndefined();
  expect(why('acme', 'privileged')).toContain('the tenant acme may have baseline');
  expect(why('other', 'baseline')).toContain('CARTWRIGHT_POD_SECURITY=other=baseline');
});

test('a cartridge runs from its own image, else from that of the catalogue; without one it is unusable, and the reason says what to do', async () => {
  const runtimes = createImageRuntimes({ nodejs: IMAGE });
  expect(imageOf({ nodejs: IMAGE }, { name: 'nodejs', spec })).toBe(IMAGE);
  expect(imageOf({ nodejs: IMAGE }, { name: 'nodejs', spec: { image: OWN } })).toBe(OWN);
  expect(() => imageOf({}, { name: 'constructor', spec })).toThrow('there is no image of the cartridge constructor');
  expect(runtimes.imageOf?.({ metadata: { name: 'nodejs' }, spec })).toBe(IMAGE);
  expect(await runtimes.whyUnusable({ metadata: { name: 'nodejs' }, spec })).toBeUndefined();
  expect(await runtimes.whyUnusable({ metadata: { name: 'deno' }, spec: { ...spec, image: OWN } })).toBeUndefined();
  expect(await runtimes.whyUnusable({ metadata: { name: 'php' }, spec })).toContain(
    'npm run images -- --push REGISTRY',
  );
  expect(await runtimes.whyUnusable({ metadata: { name: 'php' }, spec: { ...spec, runtimes: ['process'] } })).toContain(
    'runs as process only',
  );
});
