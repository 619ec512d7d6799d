import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OverviewItem } from '../../app/overview/use-cases.ts';
import { RequestError } from '../../app/errors.ts';
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

type Entry = OverviewItem['changed'][number];
const [ENTRY] = sample.overviewItem.changed as [Entry];

/** Of the one service cluster. */
async function push(observed = 95): Promise<void> {
  const { overviewFeed } = controlPlane.useCases;
  await eventually('a reader of the overview', () => overviewFeed.readers === 1);
  overviewFeed.push({ ...sample.overviewItem, changed: [{ ...ENTRY, factor: { ...ENTRY.factor!, observed } }] });
}

async function pushInstances(): Promise<void> {
  const { clusterFeed } = controlPlane.useCases;
  await eventually('a reader of the service cluster', () => clusterFeed.readers === 1);
  clusterFeed.push({
    ...{ cluster: sample.cluster(1), live: sample.clusterLive, rollout: null },
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
      'SERVICE CLUSTER|LOAD|AHEAD|FACTOR|DEMAND|CAPACITY|ACTIVE|STARTING|FAULTY|REQUESTS/S|QUEUED|RELEASE|CONTROL|NEEDS A PERSON',
      expect.stringMatching(
        /^shop-1\/web\|67.9 %\|-\|loadAverage\|95\|140\|2\/3\|1\|0\|12.5\|0\|1→2\|blocked: .*at least 2 .*, paused\|4 instances would be needed/,
      ),
      '',
    ]);
    await eventually('the end of the feed', () => controlPlane.useCases.overviewFeed.readers === 0);
  });

  test('a program gets the rows', async () => {
    const running_ = top('top shop-1/web -o json', { isTerminal: true });
    await pushInstances();
    expect(JSON.parse((await running_.ended).stdout)).toMatchObject([
      { uid: '01instance00000001', loadAverage: 47.5, memory: 12, requestsInFlight: 1.5, sampleAgeSeconds: 0.4 },
    ]);
  });

  test('where there is nothing, that is said', async () => {
    const running_ = top('top');
    await eventually('a reader of the overview', () => controlPlane.useCases.overviewFeed.readers === 1);
    controlPlane.useCases.overviewFeed.push({ ...sample.overviewItem, changed: [], applications: [] });
    expect(await running_.ended).toEqual({ code: 0, stdout: '', stderr: 'there are no service clusters\n' });
  });

  test('of an application that there is not, nothing is shown: exit 4', async () => {
    expect(await top('top nothing/web').ended).toMatchObject({ code: 4, stdout: '' });
    const { failures } = controlPlane.useCases;
    failures.set('feeds.overview', new RequestError('NOT_FOUND', 'there is no application "nothing"'));
    expect(await top('top -a nothing').ended).toEqual({
      code: 4,
      stdout: '',
      stderr: 'error: there is no application "nothing"\n',
    });
  });
});

test('what is told is added to what was told before, and again as a whole after a lost connection', async () => {
  const { overviewFeed } = controlPlane.useCases;
  const running_ = top('top', { isTerminal: true, columns: 200 });
  await push();
  const other = { ...ENTRY, uid: '01cluster00000002', alias: 'api', tenant: 'beta' };
  overviewFeed.push({ ...sample.overviewItem, isWhole: false, changed: [other], applications: [], removed: [] });
  await eventually('both', () => running_.stdout().includes('2 service clusters'));
  // Of several tenants, each says whose it is.
  expect(running_.stdout()).toContain('acme/shop-1/web');
  expect(running_.stdout()).toContain('beta/shop-1/api');
  overviewFeed.push({ ...sample.overviewItem, isWhole: false, changed: [], applications: [], removed: [other.uid] });
  await eventually('the first alone', () => running_.stdout().includes('1 service clusters'));
  overviewFeed.push({ ...sample.overviewItem, changed: [other], removed: [] });
  await eventually('the other alone', () => /1 service clusters(?!.*web).*shop-1\/api/s.test(running_.stdout()));
});

describe('on a terminal', () => {
  test('it is live until q, and leaves the terminal as it was', async () => {
    const running_ = top('top', { isTerminal: true });
    await push();
    await eventually('the row', () => running_.stdout().includes('67.9 %'));
    expect(running_.isRaw()).toBe(true);
    expect(running_.stdout().startsWith(ENTERED)).toBe(true);
    await push(280);
    await eventually('the change', () => running_.stdout().includes('200 %'));
    running_.press('q');
    const { code, stdout, stderr } = await running_.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.endsWith(LEFT)).toBe(true);
    expect(running_.isRaw()).toBe(false);
    await eventually('the end of the feed', () => controlPlane.useCases.overviewFeed.readers === 0);
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
    await pushInstances();
    await eventually('the row', () => running_.stdout().includes('47.5 %'));
    end(running_);
    const { code, stdout, stderr } = await running_.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout.endsWith(LEFT)).toBe(true);
    expect(running_.isRaw()).toBe(false);
  });

  test('an error is said where it can be read: behind the alternate screen', async () => {
    controlPlane.useCases.failures.set('feeds.overview', new Error('a defect'));
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
    await push(280);
    await eventually('the change', () => running_.stdout().includes('200 %'));
  });
});
