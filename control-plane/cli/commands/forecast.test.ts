import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ClusterLive } from '../../app/use-cases.ts';
import * as sample from '../../graphql/testing/records.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run, start } from '../testing/run.ts';

const UTF8 = { LANG: 'C.UTF-8' };
let controlPlane: TestControlPlane;
let env: Record<string, string>;

beforeEach(async () => {
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
  controlPlane.useCases.queries.history = (_principal, _cluster, { from, to }) => {
    const points = Math.round((to - from) / 1000);
    return Promise.resolve({
      ...{ from, stepSeconds: 1, points },
      series: [{ name: 'loadAverage', target: 70, mean: Array.from({ length: points }, () => 95), maximum: [] }],
    });
  };
});
afterEach(() => controlPlane.close());

const cli = (line: string, more: Record<string, string> = {}) => run(line.split(' '), { env: { ...env, ...more } });

test('the plot has the width and the height that are asked for, and says in words what it shows', async () => {
  const { code, stdout, stderr } = await cli('forecast shop-1 --width 60 --height 18', UTF8);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /^shop-1\/web, loadAverage at target 70: 10 now, 40 ± 3 in 30 s; 2 instances are ready for 140, 210 with 1 starting; foreseen is 28.6 % of what is ready /,
  );
  expect(lines).toHaveLength(18);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(stdout).toContain('now');
});

test('without a locale that knows more it is ASCII', async () => {
  const locales: Record<string, string>[] = [
    {},
    { LANG: 'C' },
    { ...UTF8, LC_ALL: 'POSIX' },
    { ...UTF8, TERM: 'linux' },
  ];
  for (const more of locales) {
    expect((await cli('forecast shop-1', more)).stdout).toMatch(/^[\n -~]+$/);
  }
  expect((await cli('forecast shop-1 --ascii', UTF8)).stdout).toMatch(/^[\n -~]+$/);
});

test('where there is no room for a plot the words are there', async () => {
  const { stdout } = await cli('forecast shop-1 --height 5');
  expect(stdout).toMatch(/^shop-1\/web, loadAverage/);
  expect(stdout).not.toContain('|');
});

test('a program gets the numbers', async () => {
  const { stdout } = await cli('forecast shop-1 --since 10s -o json');
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ factor: 'loadAverage', target: 70, at: sample.AT_TEXT },
    instances: { wanted: 3, active: 2, starting: 1 },
    capacity: { ready: 140, withStarting: 210 },
    observed: { stepSeconds: 1, demand: Array.from({ length: 10 }, () => 95) },
    forecast: { horizonSeconds: 30, path: expect.arrayContaining([expect.objectContaining({ seconds: 30 })]) },
  });
});

test('a factor that it is not scaled by is told, with those that there are', async () => {
  expect(await cli('forecast shop-1 --factor memory')).toEqual({
    code: 4,
    stdout: '',
    stderr: 'error: shop-1/web is not scaled by memory; its factors: loadAverage\n',
  });
});

test('it is followed: each state once, and of the history only what is new is asked for', async () => {
  const { useCases } = controlPlane;
  const asked: number[] = [];
  const { history } = useCases.queries;
  useCases.queries.history = (principal, cluster, question) => {
    asked.push(question.to - question.from);
    return history(principal, cluster, question);
  };
  const live = (at: number): ClusterLive => ({ ...sample.clusterLive, at });
  const following = start(['forecast', 'shop-1', '--watch', '--since', '60s', '-o', 'json'], { env });
  await eventually('the subscription', () => useCases.clusterFeed.readers === 1);
  for (const seconds of [0, 2]) {
    const at = sample.AT + 1000 * seconds;
    useCases.clusterFeed.push({ cluster: sample.cluster(1), live: live(at), instances: [], rollout: null });
    await eventually('its numbers', () => following.stdout().includes(new Date(at).toISOString()));
  }
  following.interrupt();
  expect((await following.ended).code).toBe(130);
  const [first, second] = following
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { observed: { demand: number[] } });
  expect(first?.observed.demand).toHaveLength(60);
  expect(second?.observed.demand.filter((value) => value === 95).length).toBeGreaterThanOrEqual(59);
  expect(asked).toEqual([60_000, 12_000]);
});
