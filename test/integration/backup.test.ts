/** Yesterday's backup under running agents: what it knows goes on without a restart, and everything is obeyed again. */
import { expect, jest, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { shopFrom } from '../support/shop.ts';

jest.setTimeout(300_000);
const LIMIT = 120_000;
const REF = { application: 'shop', alias: 'web' };

test('a backup of a control plane that runs is restored later, under the agents that run meanwhile', async () => {
  await using platform = await Platform.start();
  const archive = join(platform.directory, 'backup.tar');
  const cartwright = (...parameters: string[]) => {
    const program = join(PRESENT, 'dist/control-plane/cli/bin.js');
    const options = { env: platform.environment, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...parameters], options);
    return { status, stdout, text: `${stdout}${stderr}` };
  };
  const active = async (): Promise<string[]> => {
    const { serviceCluster } = await platform.ask<{
      serviceCluster: { instances: { edges: { node: { uid: string; state: string } }[] } };
    }>(
      'query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { instances(first: 50) { edges { node { uid state } } } } }',
      { ref: REF },
    );
    const nodes = serviceCluster.instances.edges.map(({ node }) => node);
    return nodes.filter(({ state }) => state === 'ACTIVE').map(({ uid }) => uid);
  };
  const scale = async (instances: number): Promise<void> => {
    expect(cartwright('scale', 'shop/web', `${instances}`, '--reason', 'a test').status).toBe(0);
    await eventually(`${instances} serve`, async () => (await active()).length === instances, LIMIT);
  };

  const repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
  await platform.apply(shopFrom(repository.url));
  await scale(2);
  const known = await active();
  const agents = await platform.agentsAndApplications();
  const taken = cartwright('backup', archive, '-o', 'json');
  expect(taken).toMatchObject({ status: 0 });
  expect(JSON.parse(taken.stdout)).toMatchObject({ file: archive, bytes: statSync(archive).size });
  expect(cartwright('backup', archive)).toMatchObject({ status: 1 });
  expect(cartwright('restore', archive).text).toContain('DATA_FOLDER_IN_USE');
  await scale(3);

  await platform.end('SIGTERM');
  const cut = join(platform.directory, 'cut.tar');
  const ofFolder = cartwright('backup', cut, '--data', platform.data, '-o', 'json');
  expect(ofFolder).toMatchObject({ status: 0 });
  expect(JSON.parse(ofFolder.stdout)).toMatchObject({ file: cut, bytes: statSync(cut).size });
  await truncate(cut, 100_000);
  expect(cartwright('restore', cut).text).toContain('BACKUP_INVALID');
  const restored = cartwright('restore', archive, '-o', 'json');
  expect(restored).toMatchObject({ status: 0 });
  expect(JSON.parse(restored.stdout)).toMatchObject({ replaced: expect.stringContaining('replaced-') });
  await platform.run();
  await eventually(
    'those that the backup knows serve, and no other',
    async () => (await active()).toSorted().join() === known.toSorted().join(),
    LIMIT,
  );
  // The same processes: nothing was started again.
  expect(await platform.agentsAndApplications()).toEqual(expect.arrayContaining(agents));
  await scale(4);
  expect(await active()).toEqual(expect.arrayContaining(known));
});
