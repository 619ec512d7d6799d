import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as sample from '../../graphql/testing/records.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

let controlPlane: TestControlPlane;
beforeEach(async () => {
  controlPlane = await startControlPlane();
});
afterEach(() => controlPlane.close());

const cli = (line: string, token = 'admin-token') =>
  run(line.split(' '), { env: { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: token }, now: sample.AT });

test('create asks for everything and prints the secret alone', async () => {
  const { code, stdout, stderr } = await cli(
    'notice create chat --url https://receiver.example/ --on rollout.returned instance.* --application shop-1',
  );
  expect([code, stdout]).toEqual([0, `${sample.webhookWithSecret.secret}\n`]);
  expect(stderr).toContain('shown this once');
  expect(controlPlane.calls('createNotice')).toMatchObject([
    [{ name: 'chat', types: ['rollout.returned', 'instance.*'], application: 'shop-1', platform: false }],
  ]);
  expect((await cli('notice create chat --url https://receiver.example/')).code).toBe(2);
});

test('list shows whether it gets through', async () => {
  const { code, stdout } = await cli('notice list');
  expect(code).toBe(0);
  expect(stdout).toMatch(/chat +shop-1 +rollout\.returned, instance\.\* .* disabled +3 .* answers 410/);
});

test('test says what became of it, and fails when the message is not taken', async () => {
  const taken = await cli('notice test chat');
  expect([taken.code, taken.stdout]).toEqual([0, 'the receiver answers 204 (12 ms)\n']);
  controlPlane.useCases.mutations.testNotice = async () => ({
    ...sample.noticeTest,
    taken: false,
    status: null,
    message: 'receiver.example cannot be reached (ECONNREFUSED)',
  });
  const failed = await cli('notice test chat -o json');
  expect([failed.code, JSON.parse(failed.stdout)]).toMatchObject([1, { taken: false, status: null }]);
});

test('enable and delete take a name or a uid', async () => {
  expect((await cli('notice enable chat')).stdout).toBe('notice chat enabled; 3 events wait\n');
  expect((await cli(`notice delete ${sample.notice.uid} -y`)).stdout).toBe('notice chat deleted\n');
  expect(controlPlane.calls('deleteNotice')).toEqual([[{ uid: sample.notice.uid }]]);
  expect((await cli('notice delete nobody')).code).toBe(4);
});
