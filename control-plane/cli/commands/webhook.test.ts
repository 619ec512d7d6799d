import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as sample from '../../graphql/testing/records.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

let controlPlane: TestControlPlane;
beforeEach(async () => {
  controlPlane = await startControlPlane();
});
afterEach(() => controlPlane.close());

const cli = (line: string) =>
  run(line.split(' '), {
    env: { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' },
    now: sample.AT,
  });
const { path } = sample.webhook;
const { secret } = sample.webhookWithSecret;

test('create prints where to post and the secret, and says that nobody outside reaches loopback', async () => {
  const { code, stdout, stderr } = await cli('webhook create shop-1/web');
  expect([code, stdout]).toEqual([0, `URL     ${controlPlane.url}${path}\nsecret  ${secret}\n`]);
  expect(stderr).toContain('shown this once');
  expect(stderr).toContain('cannot reach a loopback address');
  expect(controlPlane.calls('createWebhook')).toEqual([[{ application: 'shop-1', alias: 'web' }]]);
});

test('rotate prints the new secret, for programs, too', async () => {
  const { code, stdout, stderr } = await cli('webhook rotate shop-1/web --overlap 1h -o json');
  expect(code).toBe(0);
  expect(controlPlane.calls('rotateWebhook')).toEqual([
    [{ application: 'shop-1', alias: 'web', overlapSeconds: 3600 }],
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ url: `${controlPlane.url}${path}`, secret, webhook: { version: 2 } });
  expect(stderr).toMatch(/the secret before is taken until \S+: set this one at the Git host by then/);
});

test('list shows the last delivery and the last refusal, and no secret', async () => {
  const { code, stdout } = await cli('webhook list shop-1/web');
  expect([code, stdout]).toEqual([0, expect.stringContaining(path)]);
  expect(stdout).toMatch(
    /shop-1\/web .* version 2, the one before ends in 1 h .* fetching .* \(github: refs\/heads\/main\)/,
  );
  expect(stdout).not.toContain(secret);
});

test('delete says what is left to do', async () => {
  expect((await cli('webhook delete shop-1/web --yes')).stdout).toBe(
    'webhook of shop-1/web deleted; delete it at the Git host, too\n',
  );
  expect((await cli('webhook delete')).code).toBe(2);
});
