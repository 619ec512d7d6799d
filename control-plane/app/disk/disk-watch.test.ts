import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';

let platform: Platform;
beforeEach(async () => {
  platform = await Platform.open();
  await platform.apply(
    application('shop', [{ alias: 'web', cartridge: 'node', source: { git: { url: 'https://git/shop' } } }]),
  );
});
afterEach(() => platform[Symbol.asyncDispose]());

const ref = { tenant: 'acme', application: 'shop', alias: 'web' };
const deploy = () => platform.parts.mutations.deploy(OPERATOR, ref);
const free = (freeBytes: number): void => {
  platform.space = { directory: '/srv/cartwright', freeBytes, totalBytes: 100 * 1024 * 1024 };
};
const told = async () => [...(await platform.events('disk.low')), ...(await platform.events('disk.recovered'))];

test('deployments and uploads are refused with what is free and what to do', async () => {
  free(9 * 1024 * 1024);
  const refusal = {
    code: 'DISK_LOW',
    message:
      'the platform’s disk has 9 MiB free (9 %; 10 % are to be), so nothing new is deployed or uploaded; what runs goes on and scales. An operator has to make room: the event disk.low names the folder',
  };
  await expect(deploy()).rejects.toMatchObject(refusal);
  const manifests = application('blog', [
    { alias: 'web', cartridge: 'node', source: { git: { url: 'https://git/blog' } } },
  ]);
  await expect(
    platform.parts.mutations.deploy(OPERATOR, { ...ref, application: 'blog', manifests: { manifests } }),
  ).rejects.toMatchObject(refusal);
  expect(await platform.database.applications.find({ name: 'blog' })).toEqual([]);
  await expect(
    platform.parts.mutations.uploadSource(OPERATOR, Readable.from([Buffer.alloc(10)]), 'acme'),
  ).rejects.toMatchObject(refusal);
  expect(await platform.database.builds.find({})).toEqual([]);
});

test('scaling, and what it starts, goes on', async () => {
  await platform.release();
  await platform.pass();
  free(0);
  await platform.parts.diskWatch.look();
  await platform.parts.mutations.scale(OPERATOR, { ...ref, instances: 3, kind: 'pin', reason: 'sale' });
  const cluster = platform.cluster('web');
  cluster.record = { ...cluster.record, wanted: 3 };
  await platform.pass();
  expect(cluster.live()).toHaveLength(3);
});

test('its beginning and its end are one event each, whatever it does at the edge and however often it is started', async () => {
  const { diskWatch } = platform.parts;
  free(10 * 1024 * 1024);
  await diskWatch.look();
  expect(await told()).toEqual([]);
  free(10 * 1024 * 1024 - 1);
  await diskWatch.look();
  free(10 * 1024 * 1024 + 1);
  await diskWatch.look();
  await platform.start();
  await platform.parts.diskWatch.start();
  expect(await told()).toMatchObject([
    {
      type: 'disk.low',
      tenant: null,
      subject: { name: '/srv/cartwright' },
      data: { freeBytes: 10 * 1024 * 1024 - 1, minimumFreePercent: 10 },
    },
  ]);
  free(11 * 1024 * 1024);
  await platform.parts.diskWatch.look();
  expect((await told()).map(({ type }) => type)).toEqual(['disk.low', 'disk.recovered']);
  await deploy();
});

test('a commit that came meanwhile is built when there is room again', async () => {
  let isLow = true;
  let reads = 0;
  const get = (): boolean => {
    reads += 1;
    return isLow;
  };
  Object.defineProperty(platform.parts.diskWatch, 'isLow', { get });
  platform.parts.poller.start();
  await eventually('two looks', () => reads > 1);
  expect(platform.fetcher.resolved).toEqual([]);
  isLow = false;
  await eventually('the ask', () => platform.fetcher.resolved.length === 1);
});
