/**
 * A secret through the whole platform, and then a look at everything that the platform wrote, answered and started: its value is
 * in the secret's own file of the instances that run with it, and in their applications, and nowhere else.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { CRASHING, Repository } from '../support/repository.ts';
import { getText } from '../support/steady-load.ts';

jest.setTimeout(180_000);
const LIMIT = 60_000;
const REF = { application: 'shop', alias: 'web' };

/** Tells that it has the secrets without telling them. */
const APPLICATION = `
  const { createHash } = require('node:crypto');
  const { readFileSync } = require('node:fs');
  const digest = (text) => createHash('sha256').update('told ' + text).digest('hex');
  const { DB_PASSWORD, TLS_KEY, PORT, HOST } = process.env;
  const answer = { password: digest(DB_PASSWORD), key: digest(TLS_KEY && readFileSync(TLS_KEY, 'utf8')) };
  const server = require('node:http').createServer((request, response) => response.end(JSON.stringify(answer)));
  server.listen(PORT, HOST);
  process.on('SIGTERM', () => server.close(() => process.exit(0)));`;
const told = (text: string) => createHash('sha256').update(`told ${text}`).digest('hex');

/** Unlike anything else, and with what escaping would change. */
const value = (name: string): string => `${name}-"${randomBytes(12).toString('hex')}"/+ü`;
const FIRST = value('first');
const SECOND = value('second');
const KEY = `-----BEGIN KEY-----\n${value('key')}\n-----END KEY-----\n`;
const MISTYPED = value('mistyped');
/** No secret: what shows that the search finds what is there. */
const PLAIN = value('plain');

let platform: Platform;
/** All that anybody was told. */
const said: string[] = [];

beforeAll(async () => {
  platform = await Platform.start({ CARTWRIGHT_LOG_LEVEL: 'trace' });
});
afterAll(() => platform[Symbol.asyncDispose]());

async function cli(stdin: string, ...argv: string[]): Promise<number | null> {
  const child = spawn(process.execPath, [join(PRESENT, 'dist/control-plane/cli/bin.js'), ...argv], {
    env: platform.environment,
    stdio: 'pipe',
  });
  child.stdin.end(stdin);
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const output = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  said.push(...output.map(String));
  return exit;
}

async function ask(query: string, variables: object = {}): Promise<void> {
  said.push(
    await platform.ask<unknown>(query, { ...variables }).then(
      (answer) => JSON.stringify(answer),
      (error: unknown) => String(error),
    ),
  );
}

/** What the application says that it has. */
async function has(): Promise<unknown> {
  const { application } = await platform.ask<{ application: { url: string | null } }>(
    '{ application(name: "shop") { url } }',
  );
  return application.url === null ? undefined : JSON.parse(await getText(application.url));
}

/** The ways in which a text may stand somewhere. */
function forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const core = /[0-9a-f]{24}/.exec(text)![0];
  // Base64 of the middle, at each of the three ways in which it can be cut.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.from(' '.repeat(shift) + core)
      .toString('base64')
      .slice(4, -4),
  );
  const digest = createHash('sha256').update(bytes).digest();
  return [core, Buffer.from(core).toString('hex'), ...base64, digest.toString('hex'), digest.toString('base64')];
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** Files that hold a text in any of its forms. */
function holding(text: string): string[] {
  const wanted = forms(text);
  return files(platform.directory).filter((path) => {
    const content = readFileSync(path).toString('latin1');
    return wanted.some((form) => content.includes(form));
  });
}

test('the value of a secret is in the instances that run with it, and nowhere else', async () => {
  const repository = await Repository.create(join(platform.repositories, 'shop'), APPLICATION);
  const source = { git: { url: repository.url } };
  const component = { kind: 'cartridge', alias: 'web', cartridge: 'nodejs', source };
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: { components: [component] },
  });
  await eventually('the first release serves', async () => (await has()) !== undefined, LIMIT);

  // Set, rotated, delivered as a file; by standard input, as people do it.
  expect(await cli(`${FIRST}\n`, 'secret', 'set', 'shop/web', 'DB_PASSWORD')).toBe(0);
  expect(await cli(KEY, 'secret', 'set', 'shop/web', 'TLS_KEY', '--as', 'file')).toBe(0);
  expect(await cli('', 'config', 'set', 'shop/web', `PLAIN=${PLAIN}`)).toBe(0);
  await eventually('both are there', async () => JSON.stringify(await has()).includes(told(KEY)), LIMIT);
  expect(await has()).toEqual({ password: told(FIRST), key: told(KEY) });
  expect(await cli(SECOND, 'secret', 'set', 'shop/web', 'DB_PASSWORD')).toBe(0);
  await eventually('the next one is there', async () => JSON.stringify(await has()).includes(told(SECOND)), LIMIT);

  // What goes wrong with it: a mistyped request, a refused one, a release that does not work.
  const set = 'mutation ($input: SetSecretsInput!) { setSecrets(input: $input) { changed userErrors { message } } }';
  await ask(set, { input: { ref: REF, secrets: [{ name: 'A', vlaue: MISTYPED }] } });
  await ask(set, { input: { ref: REF, secrets: [{ name: 'PORT', value: MISTYPED }] } });
  await ask(`mutation { setSecrets(input: ${JSON.stringify(MISTYPED)}) { changed } }`);
  await cli(MISTYPED, 'secret', 'set', 'shop/none', 'A');
  await repository.commit(CRASHING, 'crashes');
  await eventually(
    'the release that crashes was taken back',
    async () => (await platform.log()).length > 0 && (await lastRollout()) === 'RETURNED',
    LIMIT,
  );

  // Everything that can be asked.
  await ask(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
    variables { name value secret { version } } secrets { name version createdBy }
    releases(last: 50) { edges { node { configuration configurationDigest } } }
    rollouts(last: 50) { edges { node { reason { message } } } }
    decisions(last: 50) { edges { node { sentence detail { reasonCode } } } }
    instances(first: 50) { edges { node { reason { message } } } } } }`,
    { ref: REF },
  );
  await ask('{ events(last: 200) { edges { node { type data subject { name } } } } }');
  await ask('{ logs(ref: { application: "shop" }, last: 200) { edges { node { text } } } }');
  for (const line of [
    'config get shop/web',
    'secret list shop --all',
    'get events',
    'releases shop -o json',
    'logs shop',
  ])
    await cli('', ...line.split(' '));
  said.push(await (await fetch(`${platform.url}/metrics`)).text());

  const isOwn = (path: string): boolean =>
    /\/data\/instances\/[a-z0-9]+\/releases\/[a-z0-9]+\/secrets\/(DB_PASSWORD|TLS_KEY)$/.test(path);
  const look = (): void => {
    for (const secret of [FIRST, SECOND, KEY, MISTYPED])
      expect(holding(secret).filter((path) => !isOwn(path))).toEqual([]);
    expect(holding(SECOND).some(isOwn)).toBe(true);
    expect(holding(KEY).some(isOwn)).toBe(true);
    for (const path of [...holding(SECOND), ...holding(KEY)]) expect(statSync(path).mode & 0o777).toBe(0o600);
    // The search itself: what is no secret is found, in the database among other places.
    expect(holding(PLAIN).some((path) => /cartwright\.db(-wal)?$/.test(path))).toBe(true);
  };
  look();
  const text = said.join('\n');
  expect(text).toContain('DB_PASSWORD');
  for (const secret of [FIRST, SECOND, KEY, MISTYPED])
    for (const form of forms(secret)) expect(text).not.toContain(form);

  // Processes: arguments of none, environments of the applications alone.
  const holders = processesHolding(forms(SECOND)[0]!);
  expect(holders.arguments).toEqual([]);
  expect(holders.environments.length).toBeGreaterThan(0);
  for (const environment of holders.environments) expect(environment).toContain('CARTWRIGHT_GROUP=');

  // In order and by force, so that the write-ahead log is looked at, too.
  await platform.end('SIGKILL');
  look();
  await platform.run();
  await platform.end('SIGTERM');
  look();
});

async function lastRollout(): Promise<string | undefined> {
  const { serviceCluster } = await platform.ask<{
    serviceCluster: { rollouts: { edges: readonly { node: { state: string } }[] } };
  }>(
    'query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { rollouts(last: 1) { edges { node { state } } } } }',
    {
      ref: REF,
    },
  );
  return serviceCluster.rollouts.edges[0]?.node.state;
}

function processesHolding(text: string): { arguments: string[]; environments: string[] } {
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'latin1');
    } catch {
      // It has ended, or is another user's.
      return '';
    }
  };
  // This process made the values up.
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const all = (file: string): string[] =>
    pids.map((pid) => read(pid, file)).filter((content) => content.includes(text));
  return { arguments: all('cmdline'), environments: all('environ') };
}
