import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RequestError } from '../../app/errors.ts';
import * as sample from '../../graphql/testing/records.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

let controlPlane: TestControlPlane;
let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-cli-'));
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
});
afterEach(async () => {
  await controlPlane.close();
  await rm(folder, { recursive: true });
});

const cli = (line: string, stdin?: string) =>
  run(line.split(' '), { env, cwd: folder, now: sample.AT, ...(stdin === undefined ? {} : { stdin }) });

test.each([
  [
    'scale shop-1 4',
    'scale',
    { kind: 'pin', instances: 4, reason: 'scaled by hand', application: 'shop-1', alias: 'web' },
  ],
  [
    'scale shop-1/web --at-least 2 --for 2h --reason sale',
    'scale',
    { kind: 'floor', instances: 2, forSeconds: 7200, reason: 'sale' },
  ],
  ['scale shop-1 --clear', 'clearOverride', { application: 'shop-1', alias: 'web' }],
  ['pause shop-1 --reason incident', 'pause', { reason: 'incident' }],
  ['resume shop-1', 'resume', { alias: 'web' }],
  ['shadow shop-1 on', 'setShadow', { shadow: true }],
  ['shadow shop-1 off', 'setShadow', { shadow: false }],
])('"%s" asks for just that', async (line, name, ref) => {
  const { code, stdout } = await cli(line);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^shop-1\/web: .*; wanted 3, active 2\n$/);
  expect(controlPlane.calls(name)).toMatchObject([[ref]]);
});

test.each([
  ['scale shop-1 4 --for 2h', { kind: 'scale', instances: 4, binds: 'pin', forSeconds: 7200 }],
  ['scale shop-1 --at-least 2', { kind: 'scale', instances: 2, binds: 'floor' }],
  ['scale shop-1 --clear', { kind: 'clear-override' }],
  ['pause shop-1 --reason x', { kind: 'pause' }],
  ['resume shop-1', { kind: 'resume' }],
  ['shadow shop-1 on', { kind: 'shadow' }],
  ['shadow shop-1 off', { kind: 'unshadow' }],
  ['stop shop-1/web', { kind: 'stop' }],
  ['start shop-1/web', { kind: 'start' }],
  ['restart shop-1/web', { kind: 'restart' }],
])('"%s --dry-run" says what it would do, and does nothing', async (line, action) => {
  const { useCases } = controlPlane;
  const before = useCases.queries.steeringPreview;
  const asked: unknown[] = [];
  useCases.queries.steeringPreview = async (_principal, _ref, each) => {
    asked.push(each);
    return { ...sample.steeringPreview, refusal: null };
  };
  const said = await cli(`${line} --dry-run`);
  const { stdout } = await cli(`${line} --dry-run -o json`);
  useCases.queries.steeringPreview = before;
  expect(said).toEqual({
    code: 0,
    stdout: 'shop-1/web: 2 → 3 instances now; at most 3 by its policy; until 13:00 UTC (dry run)\n',
    stderr: '',
  });
  expect([JSON.parse(stdout)].flat()).toMatchObject([{ application: 'shop-1', alias: 'web', from: 2, to: 3 }]);
  expect(asked).toEqual([action, action]);
  expect(useCases.calls.filter(({ name }) => !['authenticate', 'application', 'clusters'].includes(name))).toEqual([]);
});

test('what would be refused ends a dry run as it ends the command', async () => {
  const { code, stdout, stderr } = await cli('scale shop-1 4 --dry-run');
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: acme/shop-1/web may have 1 to 3 instances\n',
  });
});

test('"stop" and "start" are for one component, or for all of an application but its load balancer', async () => {
  const { useCases } = controlPlane;
  const web = sample.cluster(1);
  useCases.queries.clusters = () => Promise.resolve([web, { ...web, alias: 'api' }, { ...web, alias: 'lb' }]);
  expect(await cli('stop shop-1/api --reason maintenance')).toEqual({
    code: 0,
    stderr: '',
    stdout: 'shop-1/web: stopped by ci (maintenance); 2 instances are being drained\n',
  });
  expect(controlPlane.calls('stop')).toMatchObject([[{ application: 'shop-1', alias: 'api', reason: 'maintenance' }]]);
  expect((await cli('start shop-1')).stdout).toBe('shop-1/web: started; 3 instances are wanted\n'.repeat(2));
  expect(controlPlane.calls('start')).toMatchObject([[{ alias: 'web' }], [{ alias: 'api' }]]);
  expect(JSON.parse((await cli('stop shop-1 -o json')).stdout)).toMatchObject([
    { stopped: { reason: 'maintenance', instances: 2 } },
    { alias: 'web' },
  ]);
  expect(controlPlane.calls('stop').at(-1)).toMatchObject([{ reason: 'stopped by hand' }]);
  expect((await cli('start shop-1 -o name')).stdout).toBe('cluster/shop-1/web\n'.repeat(2));
});

test('an application without components of its own has nothing to stop', async () => {
  controlPlane.useCases.queries.clusters = () => Promise.resolve([{ ...sample.cluster(1), alias: 'lb' }]);
  expect(await cli('stop shop-1')).toMatchObject({
    code: 4,
    stderr: 'error: application "shop-1" has no components\n',
  });
  expect((await cli('stop shop-1/web')).code).toBe(4);
});

test.each([
  [
    'freeze',
    'freeze',
    { reason: 'frozen by hand' },
    /^the platform is frozen by operator .*, ends in 2 h: an incident;/,
  ],
  ['freeze --reason incident --for 2h', 'freeze', { reason: 'incident', forSeconds: 7200 }, /^the platform is frozen/],
  ['unfreeze', 'unfreeze', {}, /^not frozen any more; it was by operator/],
])('"%s" is the operator’s', async (line, name, asked, text) => {
  env.CARTWRIGHT_TOKEN = 'operator-token';
  const { code, stdout } = await cli(line);
  expect(code).toBe(0);
  expect(stdout).toMatch(text);
  expect(controlPlane.calls(name)).toEqual([[asked]]);
  env.CARTWRIGHT_TOKEN = 'deployer-token';
  expect(await cli(line)).toMatchObject({ code: 3 });
});

test('the changed service cluster is the data', async () => {
  const { stdout } = await cli('scale shop-1 4 -o json');
  expect(JSON.parse(stdout)).toMatchObject({ alias: 'web', override: { kind: 'FLOOR', instances: 2, reason: 'sale' } });
});

test('where there are several components, one has to be named; the load balancer does not count', async () => {
  const { useCases } = controlPlane;
  const web = sample.cluster(1);
  useCases.queries.clusters = () => Promise.resolve([web, { ...web, alias: 'api' }, { ...web, alias: 'lb' }]);
  const { code, stderr } = await cli('scale shop-1 2');
  expect(code).toBe(2);
  expect(stderr).toBe('error: application "shop-1" has several components; say which: shop-1/web, shop-1/api\n');
  useCases.queries.clusters = () => Promise.resolve([web, { ...web, alias: 'lb' }]);
  expect((await cli('scale shop-1 2')).code).toBe(0);
});

test('what the control plane refuses is said in its words', async () => {
  controlPlane.useCases.failures.set(
    'scale',
    new RequestError('INVALID', 'acme/shop-1/web may have 1 to 10 instances by its policy; got 99'),
  );
  expect(await cli('scale shop-1 99')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'error: acme/shop-1/web may have 1 to 10 instances by its policy; got 99\n',
  });
});

test('manifests are applied as they are, with the names of their files', async () => {
  await mkdir(join(folder, 'all'));
  await writeFile(join(folder, 'one.yaml'), 'kind: A\n');
  await writeFile(join(folder, 'all', 'b.yml'), 'kind: B\n');
  await writeFile(join(folder, 'all', 'a.json'), '{}');
  await writeFile(join(folder, 'all', 'readme.md'), 'no manifest');
  const { code, stdout } = await cli('apply -f one.yaml all -f - --dry-run', 'kind: C\n');
  expect(code).toBe(0);
  expect(stdout).toBe('Application shop-1 created (dry run)\n'.repeat(4));
  expect(controlPlane.calls('apply').map(([input]) => input)).toMatchObject([
    { manifests: 'kind: A\n', fileName: 'one.yaml', dryRun: true },
    { manifests: '{}', fileName: 'all/a.json', dryRun: true },
    { manifests: 'kind: B\n', fileName: 'all/b.yml', dryRun: true },
    { manifests: 'kind: C\n', fileName: 'stdin', dryRun: true },
  ]);
});

test('a manifest that is wrong is told with file and line, and the others are applied, with what is warned of', async () => {
  await writeFile(join(folder, 'bad.yaml'), 'kind: Nothing\n');
  await writeFile(join(folder, 'good.yaml'), 'kind: A\n');
  const { mutations } = controlPlane.useCases;
  const { apply } = mutations;
  mutations.apply = (principal, input) =>
    input.fileName === 'bad.yaml'
      ? Promise.reject(new RequestError('INVALID', 'bad.yaml:1: kind: expected Application, got Nothing'))
      : apply(principal, input);
  const { code, stdout, stderr } = await cli('apply -f bad.yaml good.yaml -o json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([{ kind: 'Application', name: 'shop-1', result: 'CREATED' }]);
  expect(stderr).toBe(
    'warning: shop.yaml:9:19: spec.components[0].source.git.branch: it is not there\n' +
      'error: bad.yaml:1: kind: expected Application, got Nothing\n',
  );
});

test('deleting says what happens', async () => {
  expect(await cli('delete application shop-1 --yes')).toEqual({
    code: 0,
    stdout: 'application shop-1 is being deleted: its instances are drained and stopped\n',
    stderr: '',
  });
  expect(await cli('delete policy calm --yes')).toMatchObject({ code: 0, stdout: 'AutoscalingPolicy calm deleted\n' });
  expect(controlPlane.calls('deletePolicy')).toMatchObject([[{ kind: 'AutoscalingPolicy', name: 'calm' }]]);
});

test('deleting can be waited for, with a limit', async () => {
  const { queries } = controlPlane.useCases;
  const { application } = queries;
  expect(await cli('delete application shop-1 --yes --wait --timeout 0.01s')).toMatchObject({ code: 124 });
  let looks = 0;
  queries.application = (principal, tenant, name) =>
    looks++ < 1 ? application(principal, tenant, name) : Promise.resolve(undefined);
  expect(await cli('delete application shop-1 --yes --wait')).toMatchObject({
    code: 0,
    stdout: 'application shop-1 is gone\n',
  });
});

test('two policies of one name have to be told apart', async () => {
  controlPlane.useCases.queries.policies = () =>
    Promise.resolve([sample.policy, { ...sample.policy, kind: 'DeploymentPolicy' }]);
  expect(await cli('delete policy calm --yes')).toMatchObject({
    code: 2,
    stderr: 'error: two policies are called "calm": add --kind AutoscalingPolicy or --kind DeploymentPolicy\n',
  });
  expect(await cli('delete policy calm --yes --kind DeploymentPolicy')).toMatchObject({ code: 0 });
});

test('login checks the token, stores it for its owner only and never shows it', async () => {
  const config = join(folder, 'contexts.json');
  const own = { env: { CARTWRIGHT_CONFIG: config }, cwd: folder };
  const refused = await run(['login', controlPlane.url], { ...own, stdin: 'wrong-token\n' });
  expect(refused.code).toBe(3);
  await expect(stat(config)).rejects.toThrow('ENOENT');

  const accepted = await run(['login', controlPlane.url, '--name', 'here'], { ...own, stdin: 'operator-token\n' });
  expect(accepted).toMatchObject({ code: 0, stdout: '' });
  expect(accepted.stderr).toContain('as operator, operator of the platform');
  expect((await stat(config)).mode & 0o777).toBe(0o600);
  expect(await run(['context'], own)).toMatchObject({ code: 0, stdout: `here (${controlPlane.url})\n` });
  const listed = await run(['context', 'list', '-o', 'json'], own);
  expect(JSON.parse(listed.stdout)).toEqual([{ name: 'here', url: controlPlane.url, tenant: null, current: true }]);
  expect(await run(['get', 'tenants', '-o', 'json'], own)).toMatchObject({ code: 0 });
  expect([accepted, listed].map(({ stdout, stderr }) => stdout + stderr).join()).not.toContain('operator-token');
});

test('a tenant that is named goes with every call', async () => {
  const operator = { env: { ...env, CARTWRIGHT_TOKEN: 'operator-token' }, cwd: folder };
  await run(['--tenant', 'acme', 'scale', 'shop-1', '2'], operator);
  expect(controlPlane.calls('scale')).toMatchObject([[{ tenant: 'acme' }]]);
  await run(['get', 'policies', '--tenant', 'acme'], operator);
  expect(controlPlane.calls('policies')).toEqual([['acme']]);
});

test('apply sends no file that is not text, and says which', async () => {
  await writeFile(join(folder, 'latin1.yaml'), Buffer.from('name: \u00fc', 'latin1'));
  await writeFile(join(folder, 'big.yaml'), Buffer.alloc(2 * 1024 * 1024, '#'));
  const { code, stderr } = await cli('apply -f latin1.yaml big.yaml');
  expect(code).not.toBe(0);
  expect(stderr).toContain('latin1.yaml: the file is not UTF-8 text');
  expect(stderr).toContain('big.yaml: the file has 2097152 bytes; expected at most 1048576 (1 MiB)');
  expect(controlPlane.calls('apply')).toEqual([]);
});

test('a platform that was not frozen is said to the person, and null to programs', async () => {
  controlPlane.useCases.mutations.unfreeze = () => Promise.resolve(null);
  env = { ...env, CARTWRIGHT_TOKEN: 'operator-token' };
  const stderr = 'the platform is not frozen\n';
  expect(await cli('unfreeze')).toEqual({ code: 0, stdout: '', stderr });
  expect(await cli('unfreeze -o json')).toEqual({ code: 0, stdout: 'null\n', stderr });
});
