import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { RequestError } from '../../app/errors.ts';
import type { Backtest } from '../../app/backtests/use-cases.ts';
import * as sample from '../../graphql/testing/records.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run, start } from '../testing/run.ts';

let controlPlane: TestControlPlane;
let folder: string;
beforeEach(async () => {
  controlPlane = await startControlPlane();
  folder = await mkdtemp(join(tmpdir(), 'cartwright-backtest-'));
  await writeFile(join(folder, 'calm.yaml'), 'kind: AutoscalingPolicy');
});
afterEach(async () => {
  await controlPlane.close();
  await rm(folder, { recursive: true, force: true });
});

const surroundings = () => ({
  env: { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'viewer-token' },
  ...{ now: sample.AT, cwd: folder },
});
const cli = (line: string) => run(line.split(' '), surroundings());
const unfinished: Backtest = { ...sample.backtest, finishedAt: null, progress: 0.4, outcome: { state: 'running' } };
/** As the control plane answers from now on. */
const answers = (begun: Backtest, later?: Backtest): void => {
  const { useCases } = controlPlane;
  const { backtestPolicy } = useCases.mutations;
  useCases.mutations.backtestPolicy = async (...args) => {
    await backtestPolicy(...args);
    return begun;
  };
  if (later === undefined) useCases.backtests.clear();
  else useCases.backtests.set(later.uid, later);
};

test('says it in a sentence, with the figures of both policies and of what really ran', async () => {
  const { code, stdout, stderr } = await cli('backtest calm.yaml -a shop-1/web --since 2d');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^With this policy the 7 days would have cost 412 replica-hours\.\n\n/);
  expect(stdout).toMatch(/this policy +412 +34 +0\.020 +12\.5 +310 +4 +9\n/);
  expect(stdout).toMatch(/policy in force +520 /);
  expect(stdout).toMatch(/what really ran +530 +34 +0\.020 +12\.5 +- +- +-/);
  expect(stderr).toBe('note: policy calm is simulated without loadAverage\n');
  expect(controlPlane.calls('backtestPolicy')).toMatchObject([
    [
      {
        ...{ application: 'shop-1', alias: 'web', policy: 'kind: AutoscalingPolicy', fileName: 'calm.yaml' },
        from: sample.AT - 2 * 86_400_000,
      },
    ],
  ]);
});

test('waits for the end, and gives all of it as JSON', async () => {
  answers(unfinished, sample.backtest);
  const { code, stdout, stderr } = await cli('backtest calm.yaml -a shop-1 -o json');
  expect([code, stderr]).toEqual([0, 'simulating …\n']);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ uid: sample.backtest.uid, state: 'SUCCEEDED', progress: 1, reason: null },
    result: { coveredSeconds: 580_000, inForce: { replicaHours: 520 }, notes: [expect.any(String)] },
  });
});

test('Ctrl-C cancels it', async () => {
  answers(unfinished, unfinished);
  const running = start('backtest calm.yaml -a shop-1'.split(' '), surroundings());
  await eventually('the simulation', () => running.stderr().includes('simulating'));
  running.interrupt();
  expect((await running.ended).code).toBe(130);
  expect(controlPlane.calls('cancelBacktest')).toEqual([[{ uid: unfinished.uid }]]);
});

test('says why there is no result', async () => {
  const failed = { state: 'failed', reason: { code: 'NOTHING_RECORDED', message: 'nothing is recorded; ask later' } };
  answers({ ...sample.backtest, outcome: failed as Backtest['outcome'] });
  const ended = await cli('backtest calm.yaml -a shop-1');
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  expect(ended.stderr).toContain('nothing is recorded; ask later');
  answers({ ...sample.backtest, outcome: { state: 'cancelled' } });
  expect((await cli('backtest calm.yaml -a shop-1')).stderr).toContain('the backtest was cancelled');
  answers(unfinished);
  const gone = await cli('backtest calm.yaml -a shop-1');
  expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining('was started anew')]);
  controlPlane.useCases.failures.set('backtestPolicy', new RequestError('INVALID', 'calm.yaml:1:1: expected spec'));
  expect((await cli('backtest calm.yaml -a shop-1')).stderr).toContain('calm.yaml:1:1: expected spec');
});

test('a command line that makes no sense is refused before anything is asked', async () => {
  expect((await cli('backtest calm.yaml')).code).toBe(2);
  expect((await cli('backtest calm.yaml -a shop-1 --since week')).code).toBe(2);
  const missing = await cli('backtest nothing.yaml -a shop-1');
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('nothing.yaml cannot be read: ENOENT')]);
  expect((await cli('backtest calm.yaml -a nobody')).code).toBe(4);
  expect(controlPlane.calls('backtestPolicy')).toEqual([]);
});
