/** Yesterday's copy of the database comes back under instances that went on running: they obey it without being restarted. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';

jest.setTimeout(120_000);
const LIMIT = 60_000;
let platform: Platform;
let repository: Repository;

beforeAll(async () => {
  platform = await Platform.start();
  repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
  const source = { git: { url: repository.url, branch: 'main' } };
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: { components: [{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', source }] },
  });
});
afterAll(() => platform[Symbol.asyncDispose]());

interface Answer {
  readonly application: {
    readonly url: string | null;
    readonly clusters: readonly {
      readonly instances: { readonly edges: readonly { readonly node: { uid: string; state: string } }[] };
    }[];
  };
}

async function look(): Promise<{ url: string; active: string[] }> {
  const { application } = await platform.ask<Answer>(
    '{ application(name: "shop") { url clusters { instances(first: 50) { edges { node { uid state } } } } } }',
  );
  const instances = application.clusters.flatMap(({ instances }) => instances.edges.map(({ node }) => node));
  const active = instances.filter(({ state }) => state === 'ACTIVE').map(({ uid }) => uid);
  return { url: application.url ?? '', active: active.toSorted() };
}

const serves = (text: string): Promise<unknown> =>
  eventually(`it serves "${text}"`, async () => (await getText((await look()).url)) === text, LIMIT);

async function rollOut(text: string): Promise<void> {
  await repository.commit(WORKING(text), text);
  await serves(text);
}

test('agents and load balancers obey a control plane whose database was restored from an older backup', async () => {
  await serves('one');
  const { active: known, url } = await look();
  const database = join(platform.data, 'cartwright.db');
  const copy = join(platform.directory, 'copy.db');
  const shell = new DatabaseSync(database);
  shell.exec(`vacuum into '${copy}'`);
  shell.close();

  // What the copy knows nothing of: other holders, whose documents agents and load balancers have seen.
  for (let restarts = 0; restarts < 3; restarts += 1) {
    await platform.end('SIGKILL');
    await platform.run();
  }
  await rollOut('two');
  await platform.end('SIGKILL');
  const requests = steadyLoad(url);
  try {
    await copyFile(copy, database);
    for (const suffix of ['-wal', '-shm']) await rm(`${database}${suffix}`, { force: true });
    await platform.run();
    // A release needs both: agents that switch, and load balancers that take each of them out meanwhile.
    await rollOut('three');
  } finally {
    const { failed } = await requests.stop();
    expect(failed).toEqual([]);
  }
  expect((await look()).active).toEqual(expect.arrayContaining(known));
});
