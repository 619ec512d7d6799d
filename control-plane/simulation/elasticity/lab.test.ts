import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { run as runCli, start } from '../../cli/testing/run.ts';
import type { Outcome } from './lab.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-lab-'));
  const rates = Array.from({ length: 20 }, (_, step) => 60 + 50 * Math.sin(step / 3));
  const lines = rates.map((rate, step) => `${step * 10},${rate.toFixed(2)}`);
  for (const name of ['waves', 'wav es', 'wav-es'])
    await writeFile(join(folder, `${name}.csv`), ['t_seconds,requests_per_second', ...lines].join('\n'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => runCli(['simulate', ...args], { cwd: folder });
const simulate = (...args: string[]) => run('--trace', 'waves.csv', ...args);

describe('cartwright simulate', () => {
  test('scores each scaler, the same again to the digit, and another seed otherwise', async () => {
    const args = ['--scaler', 'cartwright,hpa', '--scaler', 'kpa,fixed,oracle', '--peak', '4', '-o', 'json'];
    const [first, again, other] = [
      await simulate(...args, '--seed', '4'),
      await simulate(...args, '--seed', '4'),
      await simulate(...args, '--seed', '5'),
    ];
    expect(first.code).toBe(0);
    expect(again.stdout).toBe(first.stdout);
    expect(other.stdout).not.toBe(first.stdout);
    const outcomes = JSON.parse(first.stdout) as Outcome[];
    expect(outcomes.map(({ scaler }) => scaler)).toEqual(['cartwright', 'hpa', 'kpa', 'fixed', 'oracle']);
    const [oracle, fixed] = [outcomes.at(-1)!, outcomes.at(-2)!];
    expect(oracle.replicaHours).toBe(oracle.oracleReplicaHours);
    expect(fixed.thetaUnder).toBeLessThan(3);
    expect(outcomes.every(({ replicaHours }) => replicaHours >= oracle.replicaHours * 0.5)).toBe(true);
  });

  test('leaves files from which the scores can be computed again', async () => {
    const { code, stdout } = await simulate(
      '--scaler',
      'hpa,cartwright',
      '--equal-cost',
      '--fluid',
      '--peak',
      '20',
      '--out',
      'out',
      '-o',
      'json',
    );
    expect(code).toBe(0);
    const outcomes = JSON.parse(await readFile(join(folder, 'out/scores.json'), 'utf8')) as Outcome[];
    expect(outcomes).toEqual(JSON.parse(stdout));
    expect((await readdir(join(folder, 'out'))).filter((name) => !name.endsWith('-latencies.csv')).sort()).toEqual([
      'lab.json',
      'report.html',
      'report.md',
      'scores.json',
      'waves-cartwright-equal-cost.csv',
      'waves-cartwright.csv',
      'waves-hpa-equal-cost.csv',
      'waves-hpa.csv',
    ]);
    const again = await run('--scores-of', 'out', '-o', 'json');
    expect([again.code, again.stderr]).toEqual([0, 'out: all 4 runs have the scores of scores.json, to the digit\n']);
    expect(JSON.parse(again.stdout)).toEqual(outcomes);
    const hours = (scaler: string, table: string): number =>
      outcomes.find((one) => one.scaler === scaler && one.table === table)!.replicaHours;
    const equal = outcomes.find((one) => one.scaler === 'hpa' && one.table === 'equal-cost')!;
    const distance = Math.abs(hours('hpa', 'equal-cost') / hours('cartwright', 'defaults') - 1);
    expect(distance <= 0.01).toBe(!equal.isNearestOnly);
  });

  test('computes the scores of the plant of requests again to the digit, and says where a file was changed', async () => {
    const args = [
      '--scaler',
      'cartwright,kpa',
      '--peak',
      '3',
      '--concurrency',
      '2',
      '--timeout',
      '0.4',
      '--out',
      'out',
    ];
    expect((await simulate(...args)).code).toBe(0);
    expect((await run('--scores-of', 'out')).code).toBe(0);
    const file = join(folder, 'out/waves-kpa.csv');
    const lines = (await readFile(file, 'utf8')).split('\n');
    lines[1] = '0,60,9,9,0,2,4,0,0';
    await writeFile(file, lines.join('\n'));
    const changed = await run('--scores-of', 'out');
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('waves, kpa, defaults: thetaUnder is');
    lines[4] = '3,60,two';
    await writeFile(file, lines.join('\n'));
    expect((await run('--scores-of', 'out')).stderr).toContain('waves-kpa.csv:5: expected 9 numbers');
    expect((await run('--scores-of', 'nowhere')).stderr).toContain(
      'nowhere: cannot be read (ENOENT); expected what --out',
    );
    await writeFile(join(folder, 'out/scores.json'), '{}');
    expect((await run('--scores-of', 'out')).stderr).toContain('scores.json:1: expected an array');
    expect((await run()).stderr).toContain('expected --trace FILE or --scores-of DIR');
  });

  test('lets several service clusters share a quota, and says how many requests were answered in time', async () => {
    const rows = Array.from(
      { length: 120 },
      (_, second) => `${second},${second < 60 ? 10 : 60},${second < 30 ? 60 : 5}`,
    );
    await writeFile(join(folder, 'two.csv'), ['t_seconds,a,b', ...rows].join('\n'));
    const service = ['--concurrency', '1', '--service-seconds', '0.1', '--service-location', '0.05', '--slo', '0.5'];
    const args = ['--trace', 'two.csv', ...service, '--quota', '9', '--start-seconds', '5', '--out', 'out'];
    const { code, stderr } = await run(...args, '--scaler', 'cartwright,hpa,fixed', '-o', 'json');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /cartwright, defaults: 0\.\d{4} of all requests answered within 0\.5 s; mean over the traces 0\.\d{4}/,
    );
    const desired = async (name: string) =>
      (await readFile(join(folder, `out/two-${name}.csv`), 'utf8'))
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[3]));
    for (const scaler of ['cartwright', 'hpa']) {
      const [a, b] = [await desired(`a-${scaler}`), await desired(`b-${scaler}`)];
      expect(Math.max(...a.map((number, second) => number + b[second]!))).toBeLessThanOrEqual(9);
      expect(Math.max(...b)).toBeGreaterThan(5);
    }
    expect([(await desired('a-fixed')).at(-1), (await desired('b-fixed')).at(-1)]).toEqual([5, 4]);
    expect((await run('--scores-of', 'out')).code).toBe(0);
    expect((await run('--trace', 'two.csv', '--quota', '1')).stderr).toContain(
      '--quota: expected a whole number from 2',
    );
  });

  test('takes a part of each trace, and says what comes of all together', async () => {
    await writeFile(join(folder, 'short.csv'), 't_seconds,requests_per_second\n0,50\n10,90\n20,20');
    const args = ['--trace', 'short.csv', '--scaler', 'cartwright,hpa', '--fluid', '--out', 'out', '-o', 'json'];
    const { code, stderr } = await simulate(...args, '--part', '25%+1m');
    expect(code).toBe(0);
    const lines = async (name: string) => (await readFile(join(folder, 'out', name), 'utf8')).trimEnd().split('\n');
    expect((await lines('waves-hpa.csv')).length).toBe(61);
    expect((await lines('short-hpa.csv')).length).toBe(31);
    expect((await lines('report.md')).join('\n')).toContain('of each trace that reaches so far: 60 seconds from 25 %');
    expect(stderr).toMatch(/^cartwright, defaults, 2 traces: θU [\d.e-]+ %, failed [\d.e-]+ %, .* × oracle$/m);
    expect(stderr).toMatch(/^hpa, defaults, 2 traces: .*; cartwright has [\d.]+ of its θU, [\d.]+ of its failed/m);
  });

  test('ends between two runs when it is interrupted, also where nothing is written before all are over', async () => {
    const args = ['simulate', '--trace', 'waves.csv', '--scaler', 'kpa,hpa,fixed', '--out', 'out', '-o', 'json'];
    const running = start(args, { cwd: folder });
    while (!existsSync(join(folder, 'out/scores.json'))) await setImmediate();
    running.interrupt();
    expect(await running.ended).toMatchObject({ code: 130, stdout: '' });
    expect(JSON.parse(await readFile(join(folder, 'out/scores.json'), 'utf8'))).toHaveLength(1);
    expect((await readdir(join(folder, 'out'))).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test('takes a policy, and says what of it the plant does not have', async () => {
    const policy = (spec: string) =>
      `apiVersion: cartwright.dev/v1\nkind: AutoscalingPolicy\nmetadata:\n  name: p\nspec: ${spec}\n`;
    await writeFile(
      join(folder, 'p.yaml'),
      policy(
        '{ minimum: 3, maximum: 4, scaleDown: { regretSeconds: 10 }, factors: { requestsInFlight: { target: 2 }, memory: { target: 70 } } }',
      ),
    );
    const { code, stdout, stderr } = await simulate('--policy', 'p.yaml', '--fluid', '--out', 'out', '-o', 'json');
    expect([code, stderr]).toEqual([0, expect.stringContaining('p.yaml: memory: left out')]);
    expect((JSON.parse(stdout) as Outcome[])[0]?.target).toBe(2);
    const ready = (await readFile(join(folder, 'out/waves-cartwright.csv'), 'utf8'))
      .trimEnd()
      .split('\n')
      .slice(40)
      .map((line) => Number(line.split(',')[3]));
    expect([Math.min(...ready), Math.max(...ready)]).toEqual([3, 4]);
  });

  test.each([
    [['--scaler', 'vpa'], 2, '--scaler: expected one of cartwright, hpa, kpa, fixed, oracle, or cartwright-without-'],
    [['--part', '2d'], 2, '--part: expected FROM+LENGTH, for example 2d+2d, 0+12h or 25%+1h, got "2d"'],
    [['--part', '2d+soon'], 2, '--part: expected a duration such as 90s, 5m, 2h or 1d, got "soon"'],
    [['--peak', '0'], 2, '--peak: expected a whole number from 1 to 10000, got "0"'],
    [['--start-seconds', 'soon'], 2, '--start-seconds: expected a number from 0 to 3600, got "soon"'],
    [['--concurrency', '1.5'], 2, '--concurrency: expected a whole number from 1 to 10000, got "1.5"'],
    [['--trace', 'nowhere.csv'], 2, 'nowhere.csv: there is no such file or folder'],
    [['--trace', 'waves.csv'], 1, 'two traces are called waves; rename a file'],
    [['--trace', 'wav es.csv', '--trace', 'wav-es.csv'], 1, 'two traces are called wav-es; rename a file'],
    [['--policy', 'waves.csv'], 1, 'waves.csv'],
    [['--out', 'waves.csv'], 1, '--out: waves.csv cannot be written (it is no folder); name another folder, or make'],
    [['--out', 'waves.csv/out'], 1, '--out: waves.csv/out cannot be written (it is no folder)'],
  ])('says what is wrong with %p', async (args, exit, message) => {
    const ended = await simulate(...args);
    expect(ended.code).toBe(exit);
    expect(ended.stderr).toContain(message);
  });
});
