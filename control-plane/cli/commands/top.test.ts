import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ClusterSnapshot } from '../../app/use-cases.ts';
import * as sample from '../../graphql/testing/records.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { start, type Running } from '../testing/run.ts';

const ENTERED = '\u001b[?1049h';
const LEFT = '\u001b[?25h\u001b[?1049l';
let controlPlane: TestControlPlane;
let running: Running | undefined;

beforeEach(async () => {
  controlPlane = await startControlPlane();
  controlPlane.useCases.queries.clusters = (_principal, { name }) =>
    Promise.resolve(name === 'shop-1' ? [sample.cluster(1)] : []);
});
afterEach(async () => {
  running?.interrupt();
  await running?.ended;
  running = undefined;
  await controlPlane.close();
});

function top(line: string, more: Parameters<typeof start>[1] = {}): Running {
  const env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token', NO_COLOR: '1' };
  running = start(line.split(' '), { env, now: sample.AT, columns: 100, rows: 10, ...more });
  return running;
}

async function push(live: Partial<ClusterSnapshot['live']> = {}): Promise<void> {
  const { clusterFeed } = controlPlane.useCases;
  await eventually('a reader of the service cluster', () => clusterFeed.readers === 1);
  clusterFeed.push({
    cluster: sample.cluster(1),
    live: { ...sample.clusterLive, ...live },
    rollout: null,
    instances: [{ record: sample.instance(1), live: sample.instanceLive }],
  });
}

describe('without a terminal', () => {
  test('one table is written, and that is all', async () => {
    const running_ = top('top');
    await push();
    const { code, stdout, stderr } = await running_.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, '|'))).toEqual([
      'SERVICE CLUSTER|LOAD|AHEAD|FACTOR|DEMAND|CAPACITY|ACTIVE|STARTING|FAULTY|REQUESTS/S|QUEUED|RELEASE|CONTROL',
      expect.stringMatching(/^shop-1\/web\|67.9 %\|28.6 %\|loadAverage\|95\|140\|2\/3\|1\|0\|12.5\|0.5\|1→2\|/),
      '',
    ]);
    await eventually('the end of the feed', () => controlPlane.useCases.clusterFeed.readers === 0);
  });

  test('a program gets the rows', async () => {
    const running_ = top('top shop-1/web -o json', { isTerminal: true });
    await push();
    expect(JSON.parse((await running_.ended).stdout)).toMatchObject([
      { uid: '01instance00000001', loadAverage: 47.5, memory: 12, requestsInFlight: 1.5, sampleAgeSeconds: 0.4 },
    ]);
  });

  test('where there is nothing, that is said', async () => {
    controlPlane.useCases.queries.clusters = () => Promise.resolve([]);
    expect(await top('top').ended).toEqual({ code: 0, stdout: '', stderr: 'there are no service clusters\n' });
  });

  test('of an application that there is not, nothing is shown: exit 4', async () => {
    expect(await top('top nothing/web').ended).toMatchObject({ code: 4, stdout: '' });
    expect(await top('top -a nothing').ended).toMatchObject({ code: 4, stdout: '' });
  });
});

describe('on a terminal', () => {
  test('it is live until q, and leaves the terminal as it was', async () => {
    const running_ = top('top', { isTerminal: true });
    await push();
    await eventually('the row', () => running_.stdout().includes('67.9 %'));
    expect(running_.isRaw()).toBe(true);
    expect(running_.stdout().startsWith(ENTERED)).toBe(true);
    await push({ factors: [{ ...sample.clusterLive.factors[0]!, observed: 280 }] });
    await eventually('the change', () => running_.stdout().includes('200 %'));
    running_.press('q');
    const { code, stdout, stderr } = await running_.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.endsWith(LEFT)).toBe(true);
    expect(running_.isRaw()).toBe(false);
    await eventually('the end of the feed', () => controlPlane.useCases.clusterFeed.readers === 0);
  });

  test('keys do what the last line says', async () => {
    const running_ = top('top', { isTerminal: true });
    await push();
    await eventually('the row', () => running_.stdout().includes('67.9 %'));
    running_.press('/nothing');
    await eventually('the filter', () => running_.stdout().includes('/nothing█'));
    expect(running_.stdout()).toContain('0 of 1 service clusters by load');
    running_.press('\r');
    await eventually('that it is kept', () => running_.stdout().includes('/nothing: Esc clears it'));
    running_.press('s');
    await eventually('the next order', () => running_.stdout().includes('by forecast'));
  });

  test.each([
    ['Ctrl-C', (running_: Running) => running_.press('\u0003')],
    ['a signal', (running_: Running) => running_.interrupt()],
  ])('%s ends it with 130, and leaves the terminal as it was', async (_what, end) => {
    const running_ = top('top shop-1', { isTerminal: true });
    await push();
    await eventually('the row', () => running_.stdout().includes('47.5 %'));
    end(running_);
    const { code, stdout, stderr } = await running_.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout.endsWith(LEFT)).toBe(true);
    expect(running_.isRaw()).toBe(false);
  });

  test('an error is said where it can be read: behind the alternate screen', async () => {
    controlPlane.useCases.queries.application = () => Promise.reject(new Error('a defect'));
    const running_ = top('top -a shop-1', { isTerminal: true });
    const { code, stdout, stderr } = await running_.ended;
    expect(code).toBe(1);
    expect(stdout.endsWith(LEFT)).toBe(true);
    expect(stderr).toContain('error:');
  });

  test('a lost connection is told in the last line, and the rows come again', async () => {
    const running_ = top('top', { isTerminal: true });
    await push();
    await eventually('the row', () => running_.stdout().includes('67.9 %'));
    const { useCases, port } = controlPlane;
    await controlPlane.close();
    await eventually('that it is told', () => running_.stdout().includes('trying again'));
    expect(running_.stderr()).toBe('');
    controlPlane = await startControlPlane(useCases, port);
    await push({ factors: [{ ...sample.clusterLive.factors[0]!, observed: 280 }] });
    await eventually('the change', () => running_.stdout().includes('200 %'));
  });
});
