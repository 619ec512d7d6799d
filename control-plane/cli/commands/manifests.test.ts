import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, parseAllDocuments } from 'yaml';
import { eventually } from '../../../test/support/eventually.ts';
import { application, cartridge, document } from '../../app/testing/manifests.ts';
import { Site } from '../../graphql/testing/site.ts';
import { applicationArbitrary } from '../testing/manifests.ts';
import { run, start } from '../testing/run.ts';

let site: Site;
let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  site = await Site.open();
  folder = await mkdtemp(join(tmpdir(), 'cartwright-manifests-'));
  env = await as('deployer');
});
afterEach(async () => {
  await site[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function as(role: 'viewer' | 'deployer' | 'operator', tenant = 'acme'): Promise<Record<string, string>> {
  const { bearer } = await site.token({ role, tenant: role === 'operator' ? null : tenant });
  return { CARTWRIGHT_URL: site.url, CARTWRIGHT_TOKEN: bearer };
}

const cli = (line: string, stdin?: string, surroundings: object = {}) =>
  run(line.split(' '), { env, cwd: folder, ...(stdin === undefined ? {} : { stdin }), ...surroundings });
const web = (component: object = {}, metadata: Record<string, unknown> = {}) =>
  application('shop', [{ alias: 'web', cartridge: 'node', ...component }], metadata);
const calm = (maximum: number, metadata: Record<string, unknown> = {}) =>
  document('AutoscalingPolicy', 'calm', { minimum: 1, maximum }, metadata);
const jobs = (metadata: Record<string, unknown> = {}) =>
  application('jobs', [{ alias: 'work', cartridge: 'worker' }], metadata);
const red = { labels: { team: 'red' } };

describe('apply --dry-run', () => {
  test('says what would change, by object and field, and stores nothing', async () => {
    expect((await cli('apply -f - --dry-run', calm(5) + web())).stdout).toBe(
      'AutoscalingPolicy calm created (dry run)\nApplication shop created (dry run)\n',
    );
    await cli('apply -f -', calm(5) + web({ concurrency: 5, environment: { A: '1' } }));
    const { code, stdout } = await cli('apply -f - --dry-run', calm(6) + web({ environment: { A: '2', B: '3' } }));
    expect([code, stdout.split('\n')]).toEqual([
      0,
      [
        'AutoscalingPolicy calm changed (dry run)',
        '  spec.maximum: 5 → 6',
        'Application shop changed (dry run)',
        '  spec.components[web].environment.A: "1" → "2"',
        '  spec.components[web].environment.B: nothing → "3"',
        '  spec.components[web].concurrency: 5 → nothing',
        '',
      ],
    ]);
    expect((await cli('apply -f - --dry-run', calm(5))).stdout).toBe('AutoscalingPolicy calm unchanged (dry run)\n');
    expect(JSON.parse((await cli('apply -f - --dry-run -o json', calm(6))).stdout)).toMatchObject([
      {
        ...{ kind: 'AutoscalingPolicy', name: 'calm', result: 'CHANGED', warnings: [] },
        changes: [{ field: 'spec.maximum', before: 5, after: 6 }],
      },
    ]);
    expect(JSON.parse((await cli('get policy calm -o json')).stdout)).toMatchObject({
      manifest: { spec: { maximum: 5 } },
    });
  });

  test('tells what is wrong with file, line and column; the exit code is 1, and 3 for who may not', async () => {
    await writeFile(join(folder, 'shop.yaml'), web({ cartridge: 'nothing' }));
    const { code, stdout, stderr } = await cli('apply -f shop.yaml --dry-run');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: shop\.yaml:\d+:\d+: spec\.components\[0\]\.cartridge: /);
    env = await as('viewer');
    expect((await cli('apply -f - --dry-run', web())).code).toBe(3);
  });

  test('prints names alone with -o name', async () => {
    expect((await cli('apply -f - -o name', calm(5) + web())).stdout).toBe(
      'autoscalingpolicy/calm\napplication/shop\n',
    );
  });
});

describe('diff', () => {
  test('is a unified diff of the manifests, with exit code 1; without a difference nothing, and 0', async () => {
    await cli('apply -f -', calm(5));
    expect(await cli('diff -f -', calm(5))).toEqual({ code: 0, stdout: '', stderr: '' });
    const { code, stdout, stderr } = await cli('diff -f -', calm(6));
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toBe(
      [
        '--- stored/autoscalingpolicy/calm',
        '+++ files/autoscalingpolicy/calm (changed)',
        '@@ -4,4 +4,4 @@',
        ...['   name: calm', ' spec:', '   minimum: 1', '-  maximum: 5', '+  maximum: 6', ''],
      ].join('\n'),
    );
    const created = await cli('diff -f -', jobs());
    expect([created.code, created.stdout.split('\n').slice(0, 4)]).toEqual([
      1,
      [
        '--- stored/(nothing)',
        '+++ files/application/jobs (created)',
        '@@ -0,0 +1,10 @@',
        '+apiVersion: cartwright.dev/v1',
      ],
    ]);
    expect((await cli('diff -f - -o name', calm(6))).stdout).toBe('autoscalingpolicy/calm\n');
    expect(JSON.parse((await cli('diff -f - -o json', calm(5))).stdout)).toEqual([]);
  });

  test('is coloured where a person looks', async () => {
    await cli('apply -f -', calm(5));
    const { stdout } = await cli('diff -f -', calm(6), { isTerminal: true });
    expect(stdout).toContain('\u001b[31m-  maximum: 5\u001b[0m\n\u001b[32m+  maximum: 6\u001b[0m\n');
    const plain = await cli('diff -f - --no-color', calm(6), { isTerminal: true });
    expect(plain.stdout).not.toContain('\u001b');
  });

  test('ends above 1 where it could not be told', async () => {
    expect((await cli('diff -f -', 'kind: Nonsense\n')).code).toBe(2);
    expect((await cli('diff -f none.yaml')).code).toBe(2);
    expect(
      (await run(['diff', '-f', '-'], { env: { ...env, CARTWRIGHT_URL: 'http://127.0.0.1:1' }, stdin: calm(1) })).code,
    ).toBe(2);
    env = await as('viewer');
    expect((await cli('diff -f -', calm(5))).code).toBe(3);
  });
});

describe('apply --prune', () => {
  const names = async () => (await cli('get applications -o name')).stdout + (await cli('get policies -o name')).stdout;

  test('deletes what has the label and is not in the files, and nothing else', async () => {
    await cli('apply -f -', calm(5, red) + web({}, red) + jobs());
    const other = await as('deployer', 'beta');
    await run(['apply', '-f', '-'], { env: other, stdin: jobs(red) });
    const dry = await cli('apply -f - --prune -l team=red --dry-run', web({}, red));
    expect([dry.code, dry.stdout]).toEqual([
      0,
      'Application shop unchanged (dry run)\nAutoscalingPolicy calm pruned (dry run)\n',
    ]);
    expect(await names()).toBe('application/shop\napplication/jobs\nautoscalingpolicy/calm\n');
    const { code, stdout, stderr } = await cli('apply -f - --prune -l team=red --yes', web({}, red));
    expect([code, stdout]).toEqual([0, 'Application shop unchanged\nAutoscalingPolicy calm pruned\n']);
    expect(stderr).toBe('not in the files: AutoscalingPolicy calm of the tenant acme\n');
    expect(await names()).toBe('application/shop\napplication/jobs\n');
    expect((await run(['get', 'applications', '-o', 'name'], { env: other })).stdout).toBe('application/jobs\n');
  });

  test('is one tenant’s, also for an operator', async () => {
    await cli('apply -f -', jobs(red));
    await run(['apply', '-f', '-'], { env: await as('deployer', 'beta'), stdin: jobs(red) });
    env = await as('operator');
    const { stdout } = await cli('apply -f - --prune -l team=red --yes --tenant beta -o json', web({}, red));
    expect(JSON.parse(stdout)).toMatchObject([
      { result: 'CREATED' },
      { kind: 'Application', name: 'jobs', result: 'PRUNED' },
    ]);
    expect((await cli('get applications --tenant acme -o json')).stdout).toContain('"deletingSince": null');
    expect((await cli('get applications --tenant beta')).stdout).toMatch(/jobs .* being deleted/);
  });

  test('deletes an application before the policy that it names', async () => {
    await cli('apply -f -', calm(5, red) + web({ autoscaling: 'calm' }, red) + jobs(red));
    const pruning = start('apply -f - --prune -l team=red --yes'.split(' '), { env, cwd: folder, stdin: jobs(red) });
    await eventually('the application to be deleted', () => site.platform.cluster('web').record.deletingSince !== null);
    expect(await names()).toContain('autoscalingpolicy/calm');
    await site.platform.pass();
    const { code, stdout } = await pruning.ended;
    expect([code, stdout]).toEqual([
      0,
      'Application jobs unchanged\nApplication shop pruned\nAutoscalingPolicy calm pruned\n',
    ]);
    expect(await names()).toBe('application/jobs\n');
  });

  test('leaves everything where a file could not be applied', async () => {
    await cli('apply -f -', calm(5, red));
    await writeFile(join(folder, 'a.yaml'), jobs(red));
    await writeFile(join(folder, 'b.yaml'), 'kind: Nonsense\n');
    const { code, stdout, stderr } = await cli('apply -f . --prune -l team=red --yes');
    expect([code, stdout]).toEqual([1, 'Application jobs created\n']);
    expect(stderr).toMatch(/^nothing is pruned, as not everything was applied\nerror: b\.yaml/);
    expect(await names()).toContain('autoscalingpolicy/calm');
  });

  test('of a kind that is not meant, or with more labels, leaves it', async () => {
    await cli('apply -f -', calm(5, red) + jobs(red));
    expect((await cli('apply -f - --prune -l team=red,tier=web --yes', web())).stdout).toBe(
      'Application shop created\n',
    );
    const { stdout } = await cli('apply -f - --prune -l team=red --kind AutoscalingPolicy --yes', web());
    expect(stdout).toBe('Application shop unchanged\nAutoscalingPolicy calm pruned\n');
    expect(await names()).toBe('application/jobs\napplication/shop\n');
  });
});

describe('export', () => {
  test('prints manifests that apply takes without a change', async () => {
    await cli('apply -f -', calm(5) + web({ autoscaling: 'calm', environment: { LIKE: 'no' } }, red) + jobs());
    const { code, stdout, stderr } = await cli('export');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/^kind: .*$/gm)).toEqual(['kind: AutoscalingPolicy', 'kind: Application', 'kind: Application']);
    expect((await cli('apply -f -', stdout)).stdout).toBe(
      'AutoscalingPolicy calm unchanged\nApplication shop unchanged\nApplication jobs unchanged\n',
    );
    expect(await cli('diff -f -', stdout)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('prints a kind, what is named, or what a label chooses', async () => {
    await cli('apply -f -', calm(5) + web({}, red) + jobs());
    expect((await cli('export applications -o name')).stdout).toBe('application/shop\napplication/jobs\n');
    expect((await cli('export application jobs')).stdout).toContain('name: jobs\n');
    expect((await cli('export policy/calm application/shop -o name')).stdout).toBe(
      'autoscalingpolicy/calm\napplication/shop\n',
    );
    expect((await cli('export -l team=red -o name')).stdout).toBe('application/shop\n');
    expect(JSON.parse((await cli('export policies -o json')).stdout)).toMatchObject([{ kind: 'AutoscalingPolicy' }]);
    expect((await cli('export application none')).code).toBe(4);
    expect(await cli('export -l team=blue')).toEqual({ code: 0, stdout: '', stderr: 'there is nothing to export\n' });
  });

  test('has cartridges that were applied, for operators, and none that is a folder', async () => {
    const { manifest } = cartridge('deno', {
      ...{ category: 'framework', runtimes: ['container'], image: `registry.example/deno@sha256:${'ab'.repeat(32)}` },
      hooks: { start: 'hooks/start' },
    });
    await cli('apply -f -', jobs());
    env = { ...(await as('operator')) };
    expect((await cli('apply -f -', JSON.stringify(manifest))).stdout).toBe('Cartridge deno created\n');
    const { stdout } = await cli('export --tenant acme');
    expect(stdout.match(/^ {2}name: .*$/gm)).toEqual(['  name: deno', '  name: jobs']);
    expect((await cli('apply -f - --tenant acme', stdout)).stdout).toBe(
      'Cartridge deno unchanged\nApplication jobs unchanged\n',
    );
  });

  test('leaves out what is being deleted', async () => {
    await cli('apply -f -', web() + jobs());
    await cli('delete application shop --yes');
    expect((await cli('export -o name')).stdout).toBe('application/jobs\n');
  });

  test('never has a secret', async () => {
    await cli('apply -f -', web());
    expect((await cli('secret set shop/web DB_PASSWORD --no-wait', 'hunter2')).code).toBe(0);
    for (const format of ['yaml', 'json']) expect((await cli(`export -o ${format}`)).stdout).not.toContain('hunter2');
  });
});

describe('what was applied comes back as it was', () => {
  test('every example of the documentation', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/manifests.md'), 'utf8');
    const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)]
      .map((match) =>
        match[1]!.replace('tenant: default', 'tenant: acme').replaceAll(/hostCluster: \w+/g, 'hostCluster: local'),
      )
      .filter((example) => !example.includes('kind: Cartridge\n'));
    for (const name of ['nodejs', 'static', 'php', 'tomcat', 'python'])
      await site.platform.database.cartridges.save(await installed(name));
    env = await as('operator');
    await cli('credential set deploy --key --host git.example.org --tenant acme', generateKey());
    // Policies first: applications name them.
    examples.sort((a, b) => Number(a.includes('kind: Application\n')) - Number(b.includes('kind: Application\n')));
    let applications = 0;
    for (const example of examples) {
      const { code, stdout, stderr } = await cli('apply -f - --tenant acme -o name', example);
      expect({ example, code, stderr }).toMatchObject({ example, code: 0 });
      const exported = (await cli('export --tenant acme')).stdout;
      const again = await cli('apply -f - --tenant acme -o json', exported);
      const results = (JSON.parse(again.stdout) as { result: string }[]).map(({ result }) => result);
      expect({ code: again.code, results }).toEqual({ code: 0, results: results.map(() => 'UNCHANGED') });
      for (const name of stdout.split('\n').filter((line) => line.startsWith('application/'))) {
        await cli(`delete ${name} --tenant acme --yes`);
        await site.platform.pass();
        applications += 1;
      }
    }
    expect(applications).toBeGreaterThan(3);
  });

  test('whatever is in it, and no text of it steers a terminal', async () => {
    await fc.assert(
      fc.asyncProperty(applicationArbitrary('shop'), async (manifest) => {
        const given = await cli('apply -f -', JSON.stringify(manifest));
        expect(given).toMatchObject({ code: 0 });
        const { stdout } = await cli('export');
        expect(stdout).not.toMatch(/(?![\n\t])\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]/u);
        expect((await cli('apply -f -', stdout)).stdout).toBe('Application shop unchanged\n');
        expect(await cli('diff -f -', stdout)).toEqual({ code: 0, stdout: '', stderr: '' });
        const [read] = parseAllDocuments(stdout) as { toJS: () => unknown }[];
        const json = (await cli('export -o json')).stdout;
        expect([read!.toJS()]).toEqual(JSON.parse(json));
        const shown = await cli('describe application shop', undefined, {
          isTerminal: true,
          env: { ...env, NO_COLOR: '1' },
        });
        expect(shown.stdout).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u);
        await cli('delete application shop --yes');
        await site.platform.pass();
      }),
      { numRuns: 40 },
    );
  });
});

function generateKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A cartridge of this repository, as it is installed beside a control plane. */
async function installed(name: string) {
  const text = await readFile(join(import.meta.dirname, '../../../cartridges', name, 'cartridge.yaml'), 'utf8');
  const { spec } = parse(text) as { spec: Record<string, unknown> };
  return cartridge(name, spec);
}
