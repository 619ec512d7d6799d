import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RequestError } from '../../app/errors.ts';
import * as sample from '../../graphql/testing/records.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run, start } from '../testing/run.ts';

const NOW = sample.AT + 300_000;
let controlPlane: TestControlPlane;
let env: Record<string, string>;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
});
afterAll(() => controlPlane.close());

const cli = (line: string) => run(line.split(' '), { env, now: NOW });

async function json(line: string): Promise<unknown> {
  const { code, stdout, stderr } = await cli(`${line} -o json`);
  expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' });
  return JSON.parse(stdout);
}

test('a table has relative times and short words', async () => {
  const { code, stdout } = await cli('get instances -a shop-1');
  expect(code).toBe(0);
  expect(
    stdout
      .split('\n')
      .slice(0, 2)
      .map((line) => line.replace(/ {2,}/g, '|')),
  ).toEqual([
    'INSTANCE|SERVICE CLUSTER|STATE|RELEASE|ADDRESS|LOAD|MEMORY|IN FLIGHT|CREATED|REASON',
    '01instance00000001|shop-1/web|ready-to-shutdown|1|127.0.0.1:41007|47.5 %|12 %|1.5|5 min ago|drained: drained by a decision',
  ]);
});

test('a release that is another one once more says so, for people and for programs', async () => {
  const { queries } = controlPlane.useCases;
  const before = queries.releases;
  queries.releases = async () => [
    sample.release(1),
    { ...sample.release(2), restartOf: sample.release(1).uid },
    { ...sample.release(3), restartOf: 'collected' },
  ];
  const { stdout } = await cli('releases shop-1');
  const found = (await json('releases shop-1')) as { restartOf: unknown }[];
  queries.releases = before;
  expect(stdout.match(/release \d+ once more: main/g)).toEqual(['release 1 once more: main']);
  expect(found.map(({ restartOf }) => restartOf)).toEqual([null, { uid: sample.release(1).uid, number: 1 }, null]);
});

test.each([
  ['applications', 5, { name: 'shop-1', createdAt: sample.AT_TEXT, clusters: [{ alias: 'web', live: { active: 2 } }] }],
  ['clusters', 5, { applicationName: 'shop-1', alias: 'web', wanted: 3, live: { active: 2 } }],
  ['instances --application shop-1', 3, { uid: '01instance00000001', state: 'READY_TO_SHUTDOWN' }],
  ['releases -a shop-1/web', 2, { number: 1, state: 'STABLE', applicationName: 'shop-1', alias: 'web' }],
  ['rollouts -a shop-1', 1, { state: 'RUNNING', toRelease: { number: 2 } }],
  ['builds -a shop-1 --alias web', 1, { state: 'FAILED', error: { code: 'BUILD_FAILED' } }],
  ['policies', 1, { name: 'calm', kind: 'AUTOSCALING_POLICY' }],
  ['cartridges', 1, { name: 'nodejs', unusable: sample.unusable }],
  ['tokens', 1, { name: 'ci', role: 'DEPLOYER' }],
  ['tenants', 1, { name: 'acme', quotaInstances: 20 }],
  ['decisions -a shop-1 --limit 7', 7, { uid: '01decision00000114' }],
  ['decisions -a shop-1 --limit 7 --actions', 7, { uid: '01decision00000107' }],
  ['events --limit 4', 4, { sequence: 7, type: 'instance.faulty' }],
])('"get %s -o json" is an array with the fields of the API', async (what, length, first) => {
  const found = (await json(`get ${what}`)) as unknown[];
  expect(found).toHaveLength(length);
  expect(found[0]).toMatchObject(first);
});

test('a name gives one object, in the singular, too', async () => {
  expect(await json('get application shop-2')).toMatchObject({ name: 'shop-2' });
  expect(await json('get policy calm')).toMatchObject({ name: 'calm' });
  expect(await json('get cluster shop-2/web')).toMatchObject({ applicationName: 'shop-2' });
  expect(await json('get release 2 -a shop-1')).toMatchObject({ uid: '01release00000002' });
  expect(await json(`get decision 01decision00000003`)).toMatchObject({
    sentence: 'decision 3: from 2 to 3 instances',
  });
});

test('lists are read to their end, whatever the size of a page', async () => {
  expect(await json('get decisions -a shop-1 --limit 110')).toHaveLength(110);
  expect(await json('get decisions -a shop-1 --limit 1000')).toHaveLength(120);
});

test('yaml is the same data', async () => {
  const { stdout } = await cli('get policies -o yaml');
  expect(stdout).toContain('name: calm\n');
  expect(stdout).toContain(`updatedAt: ${sample.AT_TEXT}\n`);
});

test('an empty list is an empty array, and a word on stderr', async () => {
  const { useCases } = controlPlane;
  const { policies } = useCases.queries;
  useCases.queries.policies = () => Promise.resolve([]);
  try {
    expect(await cli('get policies')).toEqual({ code: 0, stdout: '', stderr: 'there are no policies\n' });
    expect(await json('get policies')).toEqual([]);
  } finally {
    useCases.queries.policies = policies;
  }
});

test.each([
  ['application shop-1', ['URL:', 'http://127.0.0.1:8080/shop-1', 'loadAverage:']],
  [
    'cluster shop-1',
    ['3 wanted, 2 active, 1 starting', 'by ci 5 min ago: sale', 'decision 120: from 2 to 3 instances'],
  ],
  [`instance 01instance00000001`, ['ready-to-shutdown', 'drained: drained by a decision', 'kernel:', '4.66 GiB']],
  ['policy calm', ['Name:', 'AutoscalingPolicy', 'Manifest:\n']],
  ['build 01build00000001', ['FAILED', 'BUILD_FAILED']],
  ['cartridge nodejs', ['Unusable:', 'lacks php-fpm']],
  ['tenant acme', ['Quota instances:  20']],
  ['release 2 -a shop-1', ['main 0000000000 Sell more', 'nodejs 24', '"COLOUR":"green"']],
  [`decision 01decision00000001`, ['scale-up: 2 → 3', '40 over 65 each', 'maximum:', '4 → 3: the policy allows 3']],
])('"describe %s" tells what there is to know', async (what, parts) => {
  const { code, stdout } = await cli(`describe ${what}`);
  expect(code).toBe(0);
  for (const part of parts) expect(stdout).toContain(part);
  expect(await json(`describe ${what}`)).toMatchObject({ uid: expect.any(String) });
});

test('colour is for terminals of people who want it', async () => {
  const line = ['get', 'nonsense'];
  expect((await run(line, { env, isTerminal: true })).stderr).toContain('\u001b[31merror:\u001b[0m');
  expect((await run(line, { env: { ...env, NO_COLOR: '1' }, isTerminal: true })).stderr).toMatch(/^error:/);
  expect((await run(line, { env })).stderr).toMatch(/^error:/);
});

test('decisions are shown as sentences, the newest last', async () => {
  const { stdout } = await cli('decisions shop-1 --limit 2');
  expect(stdout).toBe(
    `${sample.AT_TEXT}  2 → 3  decision 119: from 2 to 3 instances\n${sample.AT_TEXT}  2 → 3  decision 120: from 2 to 3 instances\n`,
  );
});

test('a decision that comes out different when it is computed again fails the command', async () => {
  const { code, stdout, stderr } = await cli('decisions shop-1 --replay 01decision00000001');
  expect(code).toBe(1);
  expect(stdout).toBe('different: from 2 to 3 instances\n');
  expect(stderr).toContain('is not the same: to: 3, was 4');
});

test('decisions are followed after the last one that was shown, and a run that only grows is told once', async () => {
  const { useCases } = controlPlane;
  const following = start(['decisions', 'shop-1', '-f', '--limit', '1'], { env });
  await eventually('the subscription', () => useCases.decisionFeed.readers === 1);
  expect(controlPlane.calls('feeds.decisions').at(-1)).toMatchObject([
    { application: 'shop-1', alias: 'web' },
    { after: '01decision00000120' },
  ]);
  const calm = { ...sample.decision(121), sentence: 'steady' };
  useCases.decisionFeed.push(calm, { ...calm, count: 2 }, { ...calm, count: 3 }, sample.decision(122));
  await eventually('the last decision', () => following.stdout().includes('decision 122'));
  following.interrupt();
  const { code, stdout } = await following.ended;
  expect(code).toBe(130);
  expect(stdout.match(/steady/g)).toHaveLength(1);
});

test('events are watched after those that were listed, as lines of JSON', async () => {
  const { useCases } = controlPlane;
  const watching = start(['get', 'events', '--watch', '--limit', '1', '-o', 'json'], { env });
  await eventually('the subscription', () => useCases.eventFeed.readers === 1);
  useCases.eventFeed.push({ kind: 'gap', after: 10, next: 20 }, { kind: 'item', item: sample.event(20) });
  await eventually('the event', () => watching.stdout().includes('"sequence":20'));
  watching.interrupt();
  const { stdout, stderr } = await watching.ended;
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { sequence: number }).sequence),
  ).toEqual([10, 20]);
  expect(stderr).toBe('events 11 to 19 are lost\n');
  expect(controlPlane.calls('feeds.events').at(-1)).toMatchObject([{ after: 10 }]);
});

test('an unexpected failure of the control plane is told as it tells it', async () => {
  const { failures } = controlPlane.useCases;
  failures.set('policies', new RequestError('NOT_READY', 'the store is not open yet'));
  const { code, stderr } = await cli('get policies');
  failures.delete('policies');
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: the store is not open yet\n' });
});

test('usage is a table, or what a program reads: CSV, JSON lines, JSON', async () => {
  const table = await cli('usage --since 30d');
  expect(table.stdout.split('\n')[1]?.replace(/ {2,}/g, '|')).toBe(
    '2026-03-01T13:00Z|acme|shop-1/web|1|0|0 B h|1|0 B|0 B|0',
  );
  const csv = (await cli('usage --csv -a shop-1')).stdout.trimEnd().split('\n');
  expect(csv[0]).toMatch(/^hour,tenant,applicationName,alias,clusterUid,instanceSeconds,/);
  expect(csv[1]).toBe('2026-03-01T13:00:00.250Z,acme,shop-1,web,01cluster00000001,3600,0,0,0,1,0,0,0,0');
  const lines = (await cli('usage --json-lines')).stdout.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { requests: number }).requests)).toEqual([1, 2, 3]);
  expect(controlPlane.useCases.calls.filter(({ name }) => name === 'usage').at(1)?.args[0]).toMatchObject({
    application: 'shop-1',
    from: NOW - 86_400_000,
    to: NOW,
  });
  expect(await cli('usage --csv --json-lines')).toMatchObject({ code: 2 });
  expect(await cli('usage --csv -o json')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('leave out --output'),
  });
  expect(await cli('usage --since yesterday')).toMatchObject({ code: 2 });
});

test('history is a row a step, with the maximum where the mean hides it', async () => {
  const { stdout } = await cli('history shop-1/web --since 20s');
  expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, '|'))).toEqual([
    'FROM|REQUESTSINFLIGHT',
    '2026-03-01T12:00:00Z|1.5 (max 4)',
    '',
  ]);
  expect(await json('history shop-1/web')).toMatchObject({ stepSeconds: 10, series: [{ mean: [1.5, null] }] });
});
