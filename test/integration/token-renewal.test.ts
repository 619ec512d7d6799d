/** The key is rotated under running instances: each gets another token, its application is not started again, and the old token ends. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { Repository } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';

jest.setTimeout(180_000);
const LIMIT = 60_000;
const GRACE_SECONDS = 10;

/** Says which process it is. */
const APPLICATION = `
  const server = require('node:http').createServer((request, response) => response.end(String(process.pid)));
  server.listen(process.env.PORT, process.env.HOST);
  process.on('SIGTERM', () => server.close(() => process.exit(0)));`;

interface Pending {
  readonly instance: string;
  readonly state: string;
}

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start({ CARTWRIGHT_TOKEN_GRACE_SECONDS: `${GRACE_SECONDS}` });
});
const stack = new AsyncDisposableStack();
afterAll(async () => {
  await stack.disposeAsync();
  await platform[Symbol.asyncDispose]();
});

const cli = async (...argv: string[]): Promise<string> => {
  const program = join(PRESENT, 'dist/control-plane/cli/bin.js');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...argv], {
    env: platform.environment,
  });
  return stdout + stderr;
};
const tokenFile = (instance: string): string => join(platform.data, 'instances', instance, 'token');
const tokenOf = (instance: string): string => readFileSync(tokenFile(instance), 'utf8');
const metadata = async (token: string): Promise<number> =>
  (await fetch(`${platform.url}/instance/v1/metadata`, { headers: { authorization: `Bearer ${token}` } })).status;
const pending = async (): Promise<readonly Pending[]> =>
  (await platform.ask<{ instanceTokens: { pending: Pending[] } }>('{ instanceTokens { pending { instance state } } }'))
    .instanceTokens.pending;

async function instances(): Promise<string[]> {
  const { application } = await platform.ask<{
    application: { clusters: { instances: { edges: { node: { uid: string } }[] } }[] };
  }>('{ application(name: "shop") { clusters { instances(first: 10) { edges { node { uid } } } } } }');
  return application.clusters.flatMap((cluster) => cluster.instances.edges.map(({ node }) => node.uid));
}

/** Seconds since each instance was last heard of. */
async function ages(): Promise<(number | null)[]> {
  const { application } = await platform.ask<{
    application: { clusters: { instances: { edges: { node: { live: { sampleAgeSeconds: number | null } } }[] } }[] };
  }>(
    '{ application(name: "shop") { clusters { instances(first: 10) { edges { node { live { sampleAgeSeconds } } } } } } }',
  );
  return application.clusters.flatMap((cluster) =>
    cluster.instances.edges.map(({ node }) => node.live.sampleAgeSeconds),
  );
}

async function url(): Promise<string> {
  const answer = await platform.ask<{ application: { url: string | null } }>('{ application(name: "shop") { url } }');
  if (answer.application.url === null) throw new Error('it has no URL yet');
  return answer.application.url;
}

test('a rotation of the key gives running instances other tokens, and no application notices', async () => {
  const repository = await Repository.create(join(platform.repositories, 'shop'), APPLICATION);
  const component = { kind: 'cartridge', alias: 'web', cartridge: 'nodejs', source: { git: { url: repository.url } } };
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    // A machine that is busy with something else would have it scaled.
    spec: { components: [{ ...component, autoscaling: { minimum: 1, maximum: 1 } }] },
  });
  await eventually('the first release serves', async () => Number(await getText(await url())) > 0, LIMIT);
  const running = await instances();
  expect(running).toHaveLength(2);
  const before = new Map(running.map((instance) => [instance, tokenOf(instance)]));
  const pid = await getText(await url());
  expect(await cli('keys', 'status')).toContain(
    '2 running instances have a token of the newest key alone, 0 do not yet',
  );

  const load = steadyLoad(await url());
  stack.defer(() => load.stop().then(() => undefined));
  await cli('keys', 'rotate');
  await platform.end('SIGTERM');
  await platform.run();
  await eventually(
    'every instance has another token',
    () => running.every((one) => tokenOf(one) !== before.get(one)),
    LIMIT,
  );
  for (const instance of running) {
    expect(statSync(tokenFile(instance)).mode & 0o777).toBe(0o600);
    expect(await metadata(tokenOf(instance))).toBe(200);
    expect(await metadata(before.get(instance)!)).toBe(200);
  }
  expect((await pending()).map(({ state }) => state)).toEqual(['GRACE', 'GRACE']);
  expect(await cli('keys', 'status')).toContain('new, the old one counts too');
  await eventually('the time of the old ones is over', async () => (await pending()).length === 0, LIMIT);
  for (const instance of running) {
    expect(await metadata(tokenOf(instance))).toBe(200);
    expect(await metadata(before.get(instance)!)).toBe(401);
  }
  await eventually('their agents are heard', async () => (await ages()).every((age) => age !== null && age < 6), LIMIT);
  expect((await load.stop()).failed).toEqual([]);
  expect(await instances()).toEqual(running);
  expect(await getText(await url())).toBe(pid);
  const { events } = await platform.ask<{ events: { edges: { node: { subject: { uid: string } } }[] } }>(
    '{ events(types: ["instance.token-renewed"], last: 10) { edges { node { subject { uid } } } } }',
  );
  expect(events.edges.map(({ node }) => node.subject.uid).toSorted()).toEqual(running.toSorted());
});
