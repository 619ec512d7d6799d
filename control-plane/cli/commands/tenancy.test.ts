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
  expect(await cli(`token revoke ${sample.token.uid}`)).toMatchObject({ code: 0, stdout: 'token ci revoked\n' });
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
