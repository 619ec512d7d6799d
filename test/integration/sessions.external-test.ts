/**
 * Sessions of the cartridges whose instances keep them to themselves, through the whole platform: clients come back to their
 * instance without anybody asking for it. And what becomes of applications when the machine loses a runtime, or never had it.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CARTRIDGES } from '../support/cartridge.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { whyUnusable } from '../support/runtime.ts';

jest.setTimeout(180_000);
const LIMIT = 60_000;
const LACKING = { php: await whyUnusable('php'), tomcat: await whyUnusable('tomcat') };

let platform: Platform;
/** The only folder of the control plane's search path that can have nginx and php-fpm. */
let programs: string;

beforeAll(async () => {
  platform = await Platform.prepare();
  programs = join(platform.directory, 'programs');
  await mkdir(programs);
  const usual = (process.env.PATH ?? '').split(':').filter((folder) => !folder.endsWith('/sbin'));
  platform.environment.PATH = [programs, ...usual].join(':');
  await platform.run();
});
afterAll(() => platform[Symbol.asyncDispose]());

async function installPhp(): Promise<void> {
  for (const folder of ['/usr/local/sbin', '/usr/sbin'])
    for (const name of await readdir(folder).catch(() => []))
      if (/^(nginx|php-fpm[\d.]*)$/.test(name))
        await symlink(join(folder, name), join(programs, name)).catch(() => undefined);
}

async function removePhp(): Promise<void> {
  for (const name of await readdir(programs)) await rm(join(programs, name));
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function cartwright(...argv: string[]): Promise<Outcome> {
  return promisify(execFile)(process.execPath, [join(PRESENT, 'dist/control-plane/cli/bin.js'), ...argv], {
    env: platform.environment,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Outcome) => ({ code, stdout, stderr }),
  );
}

const deploy = (cartridge: keyof typeof LACKING) =>
  cartwright('deploy', join(CARTRIDGES, cartridge, 'sample'), '--name', cartridge);

async function listed<T>(...what: string[]): Promise<T> {
  return JSON.parse((await cartwright('get', ...what, '-o', 'json')).stdout) as T;
}

/** Waits until so many instances serve and no other is left. */
async function scaled(application: string, count: number): Promise<void> {
  await eventually(
    `${count} instances`,
    async () => {
      const { serviceCluster } = await platform.ask<{
        serviceCluster: { instances: { edges: { node: { state: string } }[] } };
      }>(
        'query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { instances(first: 9) { edges { node { state } } } } }',
        { ref: { application, alias: 'web' } },
      );
      const { edges } = serviceCluster.instances;
      return edges.length === count && edges.every(({ node }) => node.state === 'ACTIVE');
    },
    LIMIT,
  );
}

/** A browser: it keeps the cookies that it is given. */
function browser(url: string) {
  const jar = new Map<string, string>();
  return async (): Promise<{ visits: number; instance: string }> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { headers: { connection: 'close', ...(cookie && { cookie }) } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      jar.set(name!, value!);
    }
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as { visits: number; instance: string };
  };
}

function manifest(name: string, environment: Readonly<Record<string, string>> = {}) {
  return {
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name },
    spec: { components: [{ kind: 'cartridge', alias: 'web', cartridge: name, environment }] },
  };
}

async function affinityBroken(application: string): Promise<number> {
  const text = await (await fetch(`${platform.url}/metrics`)).text();
  const line = new RegExp(`^cartwright_affinity_broken_total\\{.*application="${application}".*\\} (\\d+)$`, 'm');
  return Number(line.exec(text)?.[1] ?? 0);
}

test('without its runtime a cartridge is refused with one sentence, and nothing is kept', async () => {
  const sentence =
    'the cartridge php cannot be used on this machine, which lacks php-fpm 8.1 or newer (runs PHP) and nginx';
  const refused = await deploy('php');
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(sentence);
  expect(refused.stderr).toContain('apt-get install php-fpm nginx');
  const found = (await listed<{ name: string; unusable: string | null }[]>('cartridges')).find(
    ({ name }) => name === 'php',
  );
  expect(found?.unusable).toContain(sentence);
  await expect(platform.apply(manifest('php'))).rejects.toThrow(/^CARTRIDGE_UNUSABLE: [^\n]*the cartridge php cannot/);
  expect(await listed('applications')).toEqual([]);
});

test.each(['php', 'tomcat'] as const)('%s: a client stays with its instance until that is drained', async (name) => {
  if (name === 'php') await installPhp();
  const lack = LACKING[name];
  // Half the work at a start of Tomcat; nothing here runs for long.
  if (lack === undefined) await platform.apply(manifest(name, { JAVA_OPTS: '-XX:TieredStopAtLevel=1' }));
  const { code, stdout, stderr } = await deploy(name);
  if (lack !== undefined) {
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(lack) });
    return;
  }
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const url = stdout.trim();
  await cartwright('scale', name, '2', '--reason', 'two keep sessions');
  await scaled(name, 2);

  const clients: { visit: ReturnType<typeof browser>; instance: string }[] = [];
  await eventually(
    'a client of each instance',
    async () => {
      const visit = browser(url);
      const { visits, instance } = await visit();
      expect(visits).toBe(1);
      if (!clients.some((client) => client.instance === instance)) clients.push({ visit, instance });
      return clients.length === 2;
    },
    LIMIT,
  );
  for (let visits = 2; visits <= 15; visits += 1)
    for (const { visit, instance } of clients) expect(await visit()).toMatchObject({ visits, instance });
  expect(await affinityBroken(name)).toBe(0);

  await cartwright('scale', name, '1', '--reason', 'one is drained');
  await scaled(name, 1);
  const after = await Promise.all(clients.map(({ visit }) => visit()));
  expect(new Set(after.map(({ instance }) => instance)).size).toBe(1);
  // One goes on where it was, the other begins anew there, and is counted.
  expect(after.map(({ visits }) => visits).sort((a, b) => a - b)).toEqual([1, 16]);
  await eventually('the count', async () => (await affinityBroken(name)) === 1, LIMIT);
});

test('an application whose runtime vanishes goes on serving and is blocked, until the runtime is back', async () => {
  if (LACKING.php !== undefined) {
    expect(await listed('applications', '--limit', '5')).not.toContainEqual(expect.objectContaining({ name: 'php' }));
    return;
  }
  interface Application {
    readonly url: string;
    readonly blocked: { readonly code: string; readonly message: string } | null;
  }
  const application = async () => {
    const found = await platform.ask<{ application: Application }>(
      '{ application(name: "php") { url blocked { code message } } }',
    );
    return found.application;
  };
  await removePhp();
  await eventually('it is blocked', async () => (await application()).blocked !== null, LIMIT);
  const { url, blocked } = await application();
  expect(blocked).toMatchObject({ code: 'CARTRIDGE_UNUSABLE', message: expect.stringContaining('lacks php-fpm') });
  expect((await browser(url)()).visits).toBe(1);
  const refused = await deploy('php');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('lacks php-fpm 8.1 or newer') });
  await installPhp();
  await access(join(programs, 'nginx'));
  await eventually('it is not blocked any more', async () => (await application()).blocked === null, LIMIT);
});
