import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { CLOCK } from '../testing/records.ts';
import { Blockades } from './blockades.ts';

const LACK = 'the cartridge node cannot be used on this machine, which lacks node (runs it): install node';
const SHOP = application('shop', [
  { alias: 'web', cartridge: 'node' },
  { alias: 'jobs', cartridge: 'worker' },
]);
const ref = { tenant: 'acme', application: 'shop', alias: 'web' };

let platform: Platform;
let blockades: Blockades;
beforeEach(async () => {
  platform = await Platform.open();
  const { fleet, keeper } = platform.parts;
  const logger = { info: () => undefined, warn: () => undefined };
  blockades = new Blockades({ fleet, keeper, refreshCartridges: async () => undefined, clock: CLOCK, logger });
});
afterEach(() => platform[Symbol.asyncDispose]());

const refused = { code: 'CARTRIDGE_UNUSABLE', message: expect.stringContaining(LACK) };
const kept = async () => ({
  applications: (await platform.database.applications.find({})).length,
  clusters: (await platform.database.clusters.find({})).length,
  releases: (await platform.database.releases.find({})).length,
  builds: (await platform.database.builds.find({})).length,
  sources: (await platform.database.sources.find({})).length,
  instances: (await platform.database.instances.find({})).length,
});

describe('what the machine lacks for a cartridge', () => {
  test('refuses an application that wants it, with one sentence, before anything is kept or started', async () => {
    platform.lacking.set('node', LACK);
    const before = await kept();
    await expect(platform.apply(SHOP, { fileName: 'shop.yaml' })).rejects.toMatchObject({
      code: 'CARTRIDGE_UNUSABLE',
      field: 'spec.components[0].cartridge',
      message: `shop.yaml:10:18: spec.components[0].cartridge: ${LACK}`,
    });
    const manifests = { manifests: SHOP };
    await expect(
      platform.parts.mutations.deploy(OPERATOR, { ...ref, uploadDigest: 'sha256-none', manifests }),
    ).rejects.toMatchObject(refused);
    expect(await kept()).toEqual(before);
    expect(platform.provider.calls).toEqual([]);
    await platform.apply(application('jobs', [{ alias: 'work', cartridge: 'worker' }]));
  });

  test('refuses a deployment of an application that is there, and its next manifest unless that does without', async () => {
    await platform.apply(SHOP);
    platform.lacking.set('node', LACK);
    const before = await kept();
    await expect(platform.parts.mutations.deploy(OPERATOR, { ...ref })).rejects.toMatchObject(refused);
    await expect(platform.apply(SHOP)).rejects.toMatchObject(refused);
    expect(await kept()).toEqual(before);
    await platform.apply(application('shop', [{ alias: 'jobs', cartridge: 'worker' }]));
  });

  test('is told of each cartridge', async () => {
    platform.lacking.set('node', LACK);
    const { queries } = platform.parts;
    const said = [];
    for (const cartridge of await queries.cartridges(OPERATOR))
      said.push([cartridge.name, await queries.unusable(OPERATOR, cartridge)]);
    expect(said).toEqual(
      expect.arrayContaining([
        ['node', LACK],
        ['worker', null],
      ]),
    );
  });
});

describe('an application whose runtime vanishes', () => {
  const blocked = (name = 'shop') =>
    platform.parts.fleet.blocked.get(platform.parts.fleet.application('acme', name)!.uid);

  test('is blocked: nothing of it is started in vain, others go on, and it goes on when the runtime is back', async () => {
    const agents = new Agents(platform);
    await platform.apply(SHOP);
    await platform.apply(application('other', [{ alias: 'work', cartridge: 'worker' }]));
    await platform.release('web', 'a');
    const web = platform.cluster('web');
    const isActive = () => web.live().some(({ record }) => record.state === 'active');
    for (let step = 0; step < 60 && !isActive(); step += 1) {
      await platform.pass();
      agents.step();
      platform.now += 1500;
    }
    expect(isActive()).toBe(true);
    await blockades.look();
    expect(blocked()).toBeUndefined();

    platform.lacking.set('node', LACK);
    await blockades.look();
    expect(blocked()).toMatchObject({ code: 'CARTRIDGE_UNUSABLE', message: LACK });
    expect(blocked('other')).toBeUndefined();
    expect(await platform.events('application.blocked')).toMatchObject([
      { subject: { name: 'shop' }, data: { reason: { code: 'CARTRIDGE_UNUSABLE' } } },
    ]);
    await blockades.look();
    expect(await platform.events('application.blocked')).toHaveLength(1);
    const { calls } = platform.provider;
    platform.provider.end(web.live()[0]!.record.uid, 'exit code 127');
    const before = calls.length;
    for (let step = 0; step < 5; step += 1) {
      await platform.pass();
      agents.step();
      platform.now += 1500;
    }
    expect(calls.slice(before).filter((call) => call.startsWith('create'))).toEqual([]);

    platform.lacking.clear();
    await blockades.look();
    expect(blocked()).toBeUndefined();
    expect(await platform.events('application.unblocked')).toHaveLength(1);
    for (let step = 0; step < 60 && !isActive(); step += 1) {
      await platform.pass();
      agents.step();
      platform.now += 1500;
    }
    expect(isActive()).toBe(true);
  });

  test('while the control plane was away is blocked from its start on', async () => {
    await platform.apply(SHOP);
    platform.lacking.set('node', LACK);
    await platform.start();
    expect(blocked()).toMatchObject({ code: 'CARTRIDGE_UNUSABLE', message: LACK });
    await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
  });
});
