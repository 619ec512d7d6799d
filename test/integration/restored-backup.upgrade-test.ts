/** Yesterday's copy of the database comes back under instances that went on running: they obey it without being restarted. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';

jest.setTimeout(240_000);
const LIMIT = 60_000;
const WEB = { application: 'shop', alias: 'web' };
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
      readonly wanted: number;
      readonly instances: {
        readonly edges: readonly {
          readonly node: { uid: string; state: string; live: { memoryBytes: number | null } };
        }[];
      };
    }[];
  };
}

/** `heard`: active instances that the control plane has had a sample of. */
async function look(): Promise<{ url: string; active: string[]; heard: number; isSettled: boolean }> {
  const { application } = await platform.ask<Answer>(
    '{ application(name: "shop") { url clusters { wanted instances(first: 50) { edges { node { uid state live { memoryBytes } } } } } } }',
  );
  const instances = application.clusters.flatMap(({ instances }) => instances.edges.map(({ node }) => node));
  const active = instances.filter(({ state }) => state === 'ACTIVE');
  return {
    url: application.url ?? '',
    active: active.map(({ uid }) => uid).toSorted(),
    heard: active.filter(({ live }) => live.memoryBytes !== null).length,
    isSettled: application.clusters.every(
      ({ wanted, instances: { edges } }) =>
        edges.filter(({ node }) => node.state === 'ACTIVE').length === wanted &&
        edges.every(({ node }) => node.state === 'ACTIVE' || node.state === 'TERMINATED'),
    ),
  };
}

const serves = (text: string): Promise<unknown> =>
  eventually(`it serves "${text}"`, async () => (await getText((await look()).url)) === text, LIMIT);

/** How many run is what these tests compare: they decide it themselves, and no load of the machine does. */
async function pause(): Promise<void> {
  await platform.ask('mutation ($input: PauseInput!) { pause(input: $input) { userErrors { code message } } }', {
    input: { ref: WEB, reason: 'a test' },
  });
  await eventually('as many are active as are wanted', async () => (await look()).isSettled, LIMIT);
}

async function scale(instances: number): Promise<void> {
  await platform.ask('mutation ($input: ResumeInput!) { resume(input: $input) { userErrors { code message } } }', {
    input: { ref: WEB },
  });
  await platform.ask('mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { code message } } }', {
    input: { ref: WEB, instances, reason: 'a test' },
  });
}

async function rollOut(text: string): Promise<void> {
  await repository.commit(WORKING(text), text);
  await serves(text);
}

const database = (): string => join(platform.data, 'cartwright.db');

async function copyDatabase(name: string): Promise<string> {
  const copy = join(platform.directory, name);
  const shell = new DatabaseSync(database());
  shell.exec(`vacuum into '${copy}'`);
  shell.close();
  return copy;
}

/** As a machine that died and came back with its backup: the control plane is killed and does not see it coming. */
async function putBack(copy: string): Promise<void> {
  await copyFile(copy, database());
  for (const suffix of ['-wal', '-shm']) await rm(`${database()}${suffix}`, { force: true });
  await platform.run();
}

test('instances that were started after the backup are adopted, and nothing is restarted', async () => {
  await serves('one');
  await pause();
  const { active: known, url } = await look();
  const copy = await copyDatabase('before-they-were.db');
  // One of them is the load balancer.
  await scale(known.length - 1 + 2);
  const grown = await eventually(
    'two more',
    async () => {
      const { active } = await look();
      return active.length === known.length + 2 ? active : undefined;
    },
    LIMIT,
  );
  await pause();
  await platform.end('SIGKILL');
  const running = await platform.agentsAndApplications();
  const requests = steadyLoad(url);
  try {
    await putBack(copy);
    await eventually('all of them to report', async () => (await look()).heard === grown.length, LIMIT);
    expect((await look()).active).toEqual(grown);
    expect(await platform.agentsAndApplications()).toEqual(running);
  } finally {
    const { failed } = await requests.stop();
    expect(failed).toEqual([]);
  }
});

test('agents and load balancers obey a control plane whose database was restored from an older backup', async () => {
  await serves('one');
  const { active: known, url } = await look();
  const copy = await copyDatabase('copy.db');

  // What the copy knows nothing of: other holders, whose documents agents and load balancers have seen.
  for (let restarts = 0; restarts < 3; restarts += 1) {
    await platform.end('SIGKILL');
    await platform.run();
  }
  await rollOut('two');
  await platform.end('SIGKILL');
  const requests = steadyLoad(url);
  try {
    await putBack(copy);
    // A release needs both: agents that switch, and load balancers that take each of them out meanwhile.
    await rollOut('three');
  } finally {
    const { failed } = await requests.stop();
    expect(failed).toEqual([]);
  }
  // The last ones may still be taking the release; one that was begun anew would be another.
  await eventually('the same are active as before', async () => (await look()).active.join() === known.join(), LIMIT);
});
