/**
 * The package is upgraded, and with it a cartridge: what runs goes on as its release was made, also when it starts anew; the next
 * release takes the new version, and a rollback brings the old one back, with the policies of then where that is asked for.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { Repository } from '../support/repository.ts';
import { getText } from '../support/steady-load.ts';

jest.setTimeout(180_000);
const LIMIT = 60_000;
const REF = { application: 'shop', alias: 'web' };
/** Answers by which version of the cartridge it was started; ends when it is asked to. */
const APPLICATION = (version: string): string => `
const { FLAVOUR, MARK, PORT, HOST } = process.env;
require('node:http').createServer((request, response) => {
  if (request.url === '/end') process.exit(3);
  response.end(${JSON.stringify(version)} + ' ' + [process.pid, FLAVOUR, MARK].map(String).join(' '));
}).listen(PORT, HOST);
`;
let platform: Platform;
let repository: Repository;

beforeAll(async () => {
  platform = await Platform.start();
  repository = await Repository.create(join(platform.repositories, 'shop'), APPLICATION('one'));
  await platform.apply(policy(3));
  await platform.apply(application);
});
afterAll(() => platform[Symbol.asyncDispose]());

const policy = (maximum: number) => ({
  apiVersion: 'cartwright.dev/v1',
  kind: 'AutoscalingPolicy',
  metadata: { name: 'small' },
  spec: { maximum },
});
const application = {
  apiVersion: 'cartwright.dev/v1',
  kind: 'Application',
  metadata: { name: 'shop' },
  get spec() {
    const source = { git: { url: repository.url, branch: 'main' } };
    return { components: [{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', autoscaling: 'small', source }] };
  },
};

/** The package with another version of the cartridge nodejs. */
async function upgraded(): Promise<string> {
  const folder = join(platform.directory, 'upgraded');
  await mkdir(folder);
  for (const part of ['dist', 'cartridges', 'package.json'])
    await cp(join(PRESENT, part), join(folder, part), { recursive: true });
  await symlink(join(PRESENT, 'node_modules'), join(folder, 'node_modules'));
  const change = async (file: string, edit: (text: string) => string): Promise<void> => {
    const path = join(folder, 'cartridges/nodejs', file);
    const changed = edit(await readFile(path, 'utf8'));
    await writeFile(path, changed);
  };
  await change('cartridge.yaml', (text) =>
    text.replace("version: '1.0.0'", "version: '9.0.0'").replace('NODE_ENV: production', 'FLAVOUR: new'),
  );
  await change('hooks/start', (text) => text.replace('set -u\n', 'set -u\nexport MARK=new\n'));
  return folder;
}

interface Seen {
  readonly releases: {
    readonly edges: readonly {
      node: { number: number; state: string; cartridge: { version: string } };
    }[];
  };
  readonly rollouts: { readonly edges: readonly { node: { state: string } }[] };
}

async function look(): Promise<Seen> {
  const { serviceCluster } = await platform.ask<{ serviceCluster: Seen }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
      releases(last: 5) { edges { node { number state cartridge { version } } } }
      rollouts(last: 1) { edges { node { state } } } } }`,
    { ref: REF },
  );
  return serviceCluster;
}

async function maximum(): Promise<unknown> {
  const { policies } = await platform.ask<{ policies: { manifest: { spec: { maximum: number } } }[] }>(
    '{ policies { manifest } }',
  );
  return policies[0]?.manifest.spec.maximum;
}

async function answer(path = ''): Promise<string> {
  const { application: found } = await platform.ask<{ application: { url: string } }>(
    '{ application(name: "shop") { url } }',
  );
  return getText(`${found.url}${path}`);
}

/** The answer, once it comes from what is looked for; and the process that gave it. */
async function serves(version: string, marks: string): Promise<string> {
  const text = await eventually(
    `it serves ${version} with ${marks}`,
    async () => {
      const said = await answer();
      const [, pid, ...rest] = said.split(' ');
      return said.startsWith(version) && rest.join(' ') === marks ? pid : undefined;
    },
    LIMIT,
  );
  return text;
}

const settled = (): Promise<unknown> =>
  eventually(
    'the roll-out to be over',
    async () => (await look()).rollouts.edges.at(-1)?.node.state === 'SUCCEEDED',
    LIMIT,
  );

test('a release stays on the version of its cartridge, and a rollback comes back to it', async () => {
  const first = await serves('one', 'undefined undefined');
  await settled();
  await platform.end('SIGTERM');
  await platform.run(await upgraded());

  // The same process; and one that is started in its place runs as the release was made.
  expect(await serves('one', 'undefined undefined')).toBe(first);
  await answer('end').catch(() => undefined);
  await eventually('another process', async () => (await serves('one', 'undefined undefined')) !== first, LIMIT);
  // So does an instance that begins only now.
  await platform.ask('mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { message } } }', {
    input: { ref: REF, instances: 2, reason: 'a test' },
  });
  const processes = new Set<string>();
  await eventually(
    'both to serve',
    async () => {
      processes.add(await serves('one', 'undefined undefined'));
      return processes.size === 2;
    },
    LIMIT,
  );

  await platform.apply(policy(5));
  await repository.commit(APPLICATION('two'), 'two');
  await serves('two', 'new new');
  await settled();
  expect((await look()).releases.edges.map(({ node }) => node)).toEqual([
    { number: 1, state: 'SUPERSEDED', cartridge: { version: '1.0.0' } },
    { number: 2, state: 'STABLE', cartridge: { version: '9.0.0' } },
  ]);

  const rollback = (input: object): Promise<unknown> =>
    platform.ask('mutation ($input: RollbackInput!) { rollback(input: $input) { userErrors { code message } } }', {
      input: { ref: REF, ...input },
    });
  await rollback({ releaseNumber: 1 });
  await serves('one', 'undefined undefined');
  await settled();
  expect(await maximum()).toBe(5);
  await rollback({ releaseNumber: 2 });
  await serves('two', 'new new');
  await settled();
  await rollback({ releaseNumber: 1, withPolicies: true });
  await serves('one', 'undefined undefined');
  expect(await maximum()).toBe(3);
});
