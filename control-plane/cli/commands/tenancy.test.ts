import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as sample from '../../graphql/testing/records.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

let controlPlane: TestControlPlane;
let env: Record<string, string>;

beforeEach(async () => {
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'operator-token' };
});
afterEach(() => controlPlane.close());

const cli = (line: string) => run(line.split(' '), { env, now: sample.AT });

test.each([
  ['tenant create gamma', 'createTenant', { name: 'gamma', quota: {} }, 'tenant gamma created\n'],
  [
    'tenant create gamma --instances 5 --applications 2 --memory 1.5Gi --builds 1 --logs 64Mi',
    'createTenant',
    {
      name: 'gamma',
      quota: { instances: 5, applications: 2, memoryBytes: 1_610_612_736, buildsAtOnce: 1, logBytes: 67_108_864 },
    },
    'tenant gamma created\n',
  ],
  [
    'tenant set-quota acme --instances 0',
    'setTenantQuota',
    { name: 'acme', quota: { instances: 0 } },
    'quota of the tenant acme set\n',
  ],
  [
    'tenant delete acme --yes',
    'deleteTenant',
    { name: 'acme', cascade: false },
    'tenant acme is being deleted: it goes when nothing of it runs any more\n',
  ],
  [
    'tenant delete acme --cascade acme --yes',
    'deleteTenant',
    { name: 'acme', cascade: true, repeatedName: 'acme' },
    'tenant acme is being deleted: it goes when nothing of it runs any more\n',
  ],
])('"%s" asks for just that', async (line, name, input, said) => {
  expect(await cli(line)).toEqual({ code: 0, stdout: said, stderr: '' });
  expect(controlPlane.calls(name)).toMatchObject([[input]]);
});

test('the token alone goes to stdout, what is said about it to stderr', async () => {
  const { code, stdout, stderr } = await cli(
    'token create ci --role deployer --application shop --expires 12h --tenant acme',
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${sample.BEARER}\n` });
  expect(stderr).toContain('it is shown this once');
  expect(stderr).not.toContain(sample.BEARER);
  expect(controlPlane.calls('createToken')).toMatchObject([
    [{ tenant: 'acme', name: 'ci', role: 'deployer', application: 'shop', expiresInSeconds: 43_200 }],
  ]);
});

test('an operator’s token belongs to no tenant, and one can be made that never expires', async () => {
  await cli('token create root --role operator --expires never --tenant acme');
  const [[input]] = controlPlane.calls('createToken') as [[Record<string, unknown>]];
  expect(input).toMatchObject({ role: 'operator', neverExpires: true });
  expect(input.tenant).toBeUndefined();
});

test('a token is revoked by its uid; one that was revoked is not found by its name', async () => {
  expect(await cli(`token revoke ${sample.token.uid} --yes`)).toMatchObject({ code: 0, stdout: 'token ci revoked\n' });
  expect(controlPlane.calls('revokeToken')).toEqual([[{ uid: sample.token.uid }]]);
  const { code, stderr } = await cli('token revoke ci');
  expect(code).toBe(4);
  expect(stderr).toContain('there is no valid token "ci"');
});

test.each([
  ['tenant delete acme --cascade beta --yes', '--cascade: give the name of the tenant'],
  ['tenant delete acme', 'there is nobody to ask: add --yes'],
  ['tenant set-quota acme', 'say what changes'],
  ['tenant set-quota acme --memory lots', '--memory: expected a size such as 512Mi or 8Gi, got "lots"'],
  ['tenant set-quota acme --builds 0', '--builds: expected a whole number from 1 to 100'],
  ['token create ci --role king', '--role: expected viewer, deployer, admin, operator; got "king"'],
  ['token create ci --role viewer --expires soon', '--expires: expected a duration'],
  ['token create ci', "required option '--role <role>' not specified"],
])('"%s" is refused before anything is asked', async (line, message) => {
  const { code, stdout, stderr } = await cli(line);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(controlPlane.useCases.calls.map(({ name }) => name).filter((name) => name !== 'authenticate')).toEqual([]);
});

test('what is listed is what "get" lists', async () => {
  expect((await cli('token get')).stdout).toBe((await cli('get tokens')).stdout);
  expect((await cli('tenant get acme -o json')).stdout).toBe((await cli('get tenants acme -o json')).stdout);
});

test('the audit records are asked for as said, and shown with what changed', async () => {
  const line = 'audit --tenant acme --actor ci --object shop-1/web --outcome done --since 2h --limit 3';
  const { code, stdout } = await cli(line);
  expect(code).toBe(0);
  expect(controlPlane.calls('auditRecords')[0]).toEqual([
    { tenant: 'acme', actor: 'ci', object: 'shop-1/web', outcome: 'done', from: sample.AT - 7_200_000 },
    { limit: 4, newestFirst: true },
  ]);
  const [titles, first] = stdout.split('\n');
  expect(titles).toMatch(/^TIME +TENANT +ACTOR +FROM +MUTATION +OBJECT +OUTCOME +CHANGE$/);
  expect(first).toMatch(/acme +ci \(deployer\) +192\.0\.2\.7 +scale +ServiceCluster shop-1\/web +done +wanted: 2 → 3$/);
  const records = JSON.parse((await cli('audit -o json')).stdout) as object[];
  expect(records[0]).toMatchObject({
    mutation: 'scale',
    before: { wanted: 2 },
    after: { wanted: 3 },
    requestId: expect.any(String),
  });
  expect((await cli('audit -o yaml')).stdout).toContain('mutation: scale');
});

test.each([
  ['audit --outcome perhaps', '--outcome: expected done, unchanged, refused or failed'],
  ['audit --since yesterday', '--since: expected a duration'],
  ['audit --limit 0', '--limit'],
])('"%s" is a usage error', async (line, message) => {
  const { code, stderr } = await cli(line);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
