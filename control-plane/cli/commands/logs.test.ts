import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as sample from '../../graphql/testing/records.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run, start } from '../testing/run.ts';

let controlPlane: TestControlPlane;
let env: Record<string, string>;

beforeEach(async () => {
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
});
afterEach(() => controlPlane.close());

const line = (sequence: number) => ({ kind: 'item', item: sample.logLine(sequence) }) as const;

test('the last lines of what is asked for, named by their instance', async () => {
  const ended = await run(['logs', 'shop-1/web', '--tail', '7'], { env });
  expect(ended).toEqual({ code: 0, stdout: 'web/000001 line 1\n', stderr: '' });
  expect(controlPlane.calls('logs')).toMatchObject([[{ application: 'shop-1', alias: 'web' }, { last: 7 }]]);
});

test('the lines of one instance need no name before them', async () => {
  const { stdout } = await run(['logs', 'shop-1', '--instance', '01instance00000001'], { env });
  expect(stdout).toBe('line 1\n');
  expect(controlPlane.calls('logs')).toMatchObject([[{ instance: '01instance00000001' }, { last: 100 }]]);
});

test('lines in JSON are one text each', async () => {
  const { stdout } = await run(['logs', 'shop-1', '-o', 'json'], { env });
  expect(JSON.parse(stdout)).toEqual({
    sequence: 1,
    at: sample.AT_TEXT,
    alias: 'web',
    instance: '01instance00000001',
    stream: 'stdout',
    text: 'line 1',
  });
});

test('following begins after the last line that was shown, tells what is lost, and survives a restart of the control plane', async () => {
  const { useCases, port } = controlPlane;
  const following = start(['logs', 'shop-1', '-f'], { env });
  await eventually('the subscription', () => useCases.logFeed.readers === 1);
  expect(controlPlane.calls('feeds.logs').at(-1)).toMatchObject([{ application: 'shop-1' }, { after: 1 }]);
  useCases.logFeed.push(line(2), { kind: 'gap', after: 2, next: 5 }, line(5));
  await eventually('line 5', () => following.stdout().includes('line 5'));

  await controlPlane.close();
  await eventually('the loss', () => following.stderr().includes('trying again'));
  controlPlane = await startControlPlane(useCases, port);
  await eventually('the subscription again', () => useCases.logFeed.readers === 1);
  expect(controlPlane.calls('feeds.logs').at(-1)).toMatchObject([{ application: 'shop-1' }, { after: 5 }]);
  useCases.logFeed.push(line(6));
  await eventually('line 6', () => following.stdout().includes('line 6'));

  following.interrupt();
  const { code, stdout, stderr } = await following.ended;
  expect(code).toBe(130);
  expect(stdout).toBe([1, 2, 5, 6].map((number) => `web/000001 line ${number}\n`).join(''));
  expect(stderr).toContain('lines 3 to 4 are lost');
  expect(stderr.match(/trying again/g)).toHaveLength(1);
});

test('with --tail 0 only new lines are shown', async () => {
  const { useCases } = controlPlane;
  const following = start(['logs', 'shop-1', '-f', '--tail', '0'], { env });
  await eventually('the subscription', () => useCases.logFeed.readers === 1);
  useCases.logFeed.push(line(2));
  await eventually('line 2', () => following.stdout() !== '');
  following.interrupt();
  expect((await following.ended).stdout).toBe('web/000001 line 2\n');
});
