/**
 * Texts that would be commands of a shell, or statements of a database, through the whole platform: repository, branch,
 * sub-folder, commit, environment, secret, start command, and every name that people give. They arrive as the texts that they
 * are, or are refused; nothing of them is ever carried out.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { getText } from '../support/steady-load.ts';

jest.setTimeout(120_000);
const LIMIT = 60_000;
const run = promisify(execFile);

/** Whoever carries one of the texts out makes a file of this name. */
const MARK = `injected-${randomBytes(6).toString('hex')}`;
/** Out of single quotes, out of double quotes, by substitution, by a new command, by a new line, and for SQL. */
const TEXT = `a'; touch ${MARK}; "$(touch ${MARK})" \`touch ${MARK}\` | touch ${MARK} && touch ${MARK}\ntouch ${MARK}\n'); drop table application; --`;
/** As a name of Git's may be: without spaces. */
const REFERENCE = `a';touch\${IFS}${MARK};"$(touch\${IFS}${MARK})\`touch\${IFS}${MARK}\`|&touch\${IFS}${MARK}`;
/** As a name of a file may be. */
const FOLDER = `$(touch ${MARK});'"\`touch ${MARK}\`|&`;
/** What takes the place of a name or an option. */
const NAMES = [
  `$(touch ${MARK})`,
  `\`touch ${MARK}\``,
  `a;touch ${MARK}`,
  `a\ntouch ${MARK}`,
  `--upload-pack=touch ${MARK}`,
  '-oProxyCommand=x',
  "a'b",
  'a"b',
  '../a',
  "a'; drop table application; --",
  'a\u0000b',
  '__proto__',
];

const APPLICATION = `
  const { TEXT, SECRET, PORT, HOST } = process.env;
  const answer = JSON.stringify({ TEXT, SECRET, argument: process.argv[2] });
  const server = require('node:http').createServer((request, response) => response.end(answer));
  server.listen(PORT, HOST);
  process.on('SIGTERM', () => server.close(() => process.exit(0)));`;

let platform: Platform;
let repository: string;
beforeAll(async () => {
  platform = await Platform.start();
  repository = join(platform.repositories, `shop';$(touch\${IFS}${MARK})`);
  await mkdir(join(repository, FOLDER), { recursive: true });
  const lock = {
    name: 'app',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: { '': { name: 'app', version: '1.0.0' } },
  };
  const files = { 'package.json': { name: 'app', version: '1.0.0', private: true }, 'package-lock.json': lock };
  for (const [name, content] of Object.entries(files))
    await writeFile(join(repository, FOLDER, name), JSON.stringify(content));
  await writeFile(join(repository, FOLDER, 'server.js'), APPLICATION);
  const git = (...args: string[]) =>
    run(
      'git',
      ['-c', `user.name=${REFERENCE}`, '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', ...args],
      {
        cwd: repository,
      },
    );
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', TEXT);
  await git('branch', REFERENCE);
});
afterAll(() => platform[Symbol.asyncDispose]());

/** Files of the marker's name, wherever somebody might have made one. */
async function marks(): Promise<string[]> {
  const inside = await readdir(platform.directory, { recursive: true });
  const beside = await Promise.all([process.cwd(), tmpdir(), homedir(), '/'].map((folder) => readdir(folder)));
  return [...inside, ...beside.flat()].filter((path) => path.split('/').at(-1) === MARK);
}

const manifest = (name: string, component: object) => ({
  apiVersion: 'cartwright.dev/v1',
  kind: 'Application',
  metadata: { name },
  spec: { components: [{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', ...component }] },
});

test('every text arrives as it is, and is never carried out', async () => {
  const source = { git: { url: `file://${encodeURI(repository)}`, branch: REFERENCE, directory: FOLDER } };
  const start = ['node', 'server.js', TEXT];
  await platform.apply(manifest('shop', { source, start, environment: { TEXT } }));
  const ref = { application: 'shop', alias: 'web' };
  const secrets = [{ name: 'SECRET', value: TEXT }];
  const set = await platform.ask<{ setSecrets: { userErrors: object[] } }>(
    'mutation ($input: SetSecretsInput!) { setSecrets(input: $input) { userErrors { message } } }',
    { input: { ref, secrets } },
  );
  expect(set.setSecrets.userErrors).toEqual([]);
  const told = await eventually(
    'it serves with all of them',
    async () => {
      const { application } = await platform.ask<{ application: { url: string | null } }>(
        '{ application(name: "shop") { url } }',
      );
      const answer = application.url === null ? '{}' : await getText(application.url).catch(() => '{}');
      const values = (answer.startsWith('{') ? JSON.parse(answer) : {}) as { SECRET?: string };
      return values.SECRET !== undefined && values;
    },
    LIMIT,
  );
  expect(told).toEqual({ TEXT, SECRET: TEXT, argument: TEXT });
  const { serviceCluster } = await platform.ask<{ serviceCluster: { builds: { edges: { node: object }[] } } }>(
    `{ serviceCluster(ref: { application: "shop", alias: "web" }) { builds(last: 1) { edges { node {
         source { origin { ... on GitOrigin { ref message author } } } } } } } }`,
  );
  expect(serviceCluster.builds.edges[0]!.node).toMatchObject({
    source: {
      origin: {
        ref: expect.stringContaining(REFERENCE) as unknown,
        author: expect.stringContaining(REFERENCE) as unknown,
      },
    },
  });
  expect(await marks()).toEqual([]);
});

test('a reason and other free texts are stored as they are', async () => {
  const input = { ref: { application: 'shop', alias: 'web' }, reason: TEXT };
  const { pause } = await platform.ask<{ pause: { serviceCluster: { paused: { reason: string } } } }>(
    'mutation ($input: PauseInput!) { pause(input: $input) { serviceCluster { paused { reason } } } }',
    { input },
  );
  expect(pause.serviceCluster.paused.reason).toBe(TEXT);
  expect(
    (await platform.ask<{ applications: { edges: object[] } }>('{ applications { edges { cursor } } }')).applications
      .edges,
  ).toHaveLength(1);
});

describe('what is no name is refused where a name is asked for:', () => {
  const refusal = async (mutation: string, input: object): Promise<string> => {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    type Answer = Record<string, { userErrors: { code: string }[] }>;
    const answer = await platform.ask<Answer>(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code } } }`,
      { input },
    );
    return answer[mutation]!.userErrors[0]?.code ?? 'done';
  };
  const apply = (document: object): Promise<string> => refusal('apply', { manifests: JSON.stringify(document) });
  const git = { url: 'file:///x' };
  const ref = { application: 'shop', alias: 'web' };

  test.each([
    ['an application', (name: string) => apply(manifest(name, {}))],
    ['an alias', (alias: string) => apply(manifest('new', { alias }))],
    ['a cartridge', (cartridge: string) => apply(manifest('new', { cartridge }))],
    ['a policy', (autoscaling: string) => apply(manifest('new', { autoscaling }))],
    [
      'a credential of a source',
      (credentials: string) => apply(manifest('new', { source: { git: { ...git, credentials } } })),
    ],
    ['a branch', (name: string) => apply(manifest('new', { source: { git: { ...git, branch: `-${name}` } } }))],
    ['a tag', (name: string) => apply(manifest('new', { source: { git: { ...git, tag: `../${name}` } } }))],
    ['a commit', (commit: string) => apply(manifest('new', { source: { git: { ...git, commit } } }))],
    [
      'a sub-folder',
      (name: string) => apply(manifest('new', { source: { git: { ...git, directory: `../${name}` } } })),
    ],
    [
      'a variable of a manifest',
      (name: string) => apply(manifest('new', { environment: Object.fromEntries([[name, 'x']]) })),
    ],
    ['a variable', (name: string) => refusal('configure', { ref, set: [{ name, value: 'x' }] })],
    ['a secret', (name: string) => refusal('setSecrets', { ref, secrets: [{ name, value: 'x' }] })],
    ['a tenant', (name: string) => refusal('createTenant', { name })],
    [
      'the application of a token',
      (application: string) => refusal('createToken', { name: 'a', role: 'VIEWER', tenant: 'default', application }),
    ],
    [
      'a credential',
      (name: string) => refusal('setCredential', { name, kind: 'TOKEN', hosts: ['a.example'], value: 'x' }),
    ],
    ['a host', (host: string) => refusal('setCredential', { name: 'a', kind: 'TOKEN', hosts: [host], value: 'x' })],
  ])('%s', async (_what, ask) => {
    for (const name of NAMES) expect([name, await ask(name)]).toEqual([name, 'INVALID']);
    expect(await marks()).toEqual([]);
  });
});
