import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import * as sample from '../../graphql/testing/records.ts';
import { Site } from '../testing/site.ts';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
  site.manifest = parse('{kind: Application, metadata: {name: site}}');
});
afterEach(() => site.close());

test('a restart is followed to its end', async () => {
  const running = site.start('restart', 'site', '--reason', 'a leak');
  await site.show({ state: 'running' }, { state: 'active' });
  await site.show({ state: 'succeeded' }, { state: 'active' });
  const { code, stdout } = await running.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'site/web: restart succeeded, as release 2\n' });
  expect(site.controlPlane.calls('restart')).toMatchObject([[{ application: 'site', alias: 'web', reason: 'a leak' }]]);
});

test('one that was taken back fails with the reason', async () => {
  const running = site.start('restart', 'site/web');
  await site.show({ state: 'returned', reason: { code: 'crash-loop', message: 'ended 3 times' } }, { state: 'active' });
  const { code, stderr } = await running.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: release 2 was taken back, release 1 runs: crash-loop: ended 3 times\n$/);
});

test('with --no-wait it is told as it begins, for programs as an array', async () => {
  const { code, stdout } = await site.run('restart', 'site', '--no-wait', '-o', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([{ uid: sample.rollout(1).uid, state: 'RUNNING' }]);
});

test('when the time is over it ends with 124', async () => {
  expect(await site.run('restart', 'site', '--timeout', '0.05s')).toMatchObject({ code: 124, stdout: '' });
  expect((await site.run('restart', 'site', '--timeout', 'soon')).code).toBe(2);
});
