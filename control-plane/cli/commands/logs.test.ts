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

const line = sample.logLine;
/** The query and its variables, as the app sees them. */
const searches = () => controlPlane.calls('searchLogs');
const logs = (...options: string[]) =>
  run(['logs', 'shop-1', ...options], { env, now: Date.parse('2026-03-01T12:00:00Z') });
const show = (...pages: Parameters<typeof sample.logPage>[]) =>
  controlPlane.useCases.logPages.splice(0, Infinity, ...pages.map((page) => sample.logPage(...page)));

test('the last lines of what is asked for, named by their instance', async () => {
  const ended = await run(['logs', 'shop-1/web', '-n', '7'], { env });
  expect(ended).toEqual({ code: 0, stdout: 'web/000001 line 1\n', stderr: '' });
  const query = { filter: { alias: 'web' }, limit: 7, range: { before: null } };
  expect(searches()).toMatchObject([[{ application: 'shop-1' }, query]]);
});

test('the lines of one instance need no name before them', async () => {
  const { stdout } = await logs('--instance', '01instance00000001');
  expect(stdout).toBe('line 1\n');
  expect(searches()).toMatchObject([[{}, { filter: { instance: '01instance00000001' }, limit: 100 }]]);
});

test('every option reaches the search', async () => {
  const options = '--grep a --regex b+ --level warn --since 10m --until 2026-03-01T11:59Z --stream stderr -n 5';
  expect((await logs(...options.split(' '))).code).toBe(0);
  const at = (time: string) => Date.parse(time);
  const times = { from: at('2026-03-01T11:50:00Z'), to: at('2026-03-01T11:59:00Z') };
  const filter = { text: 'a', pattern: 'b+', level: 'warn', stream: 'stderr', ...times };
  expect(searches()).toEqual([[{ application: 'shop-1' }, { filter, limit: 5, range: { before: null } }]]);
});

test('nothing found is said, with the components that there are where the one asked for is none of them', async () => {
  show([[]], [[]], [[]]);
  expect(await logs('--grep', 'x')).toEqual({ code: 0, stdout: '', stderr: 'nothing found\n' });
  expect((await logs('--instance', 'i1')).stderr).toBe('nothing found of the instance i1\n');
  expect((await run(['logs', 'shop-1/wbe'], { env })).stderr).toBe(
    'nothing found: shop-1 has no component "wbe"; it has web\n',
  );
  expect((await logs('-n', '0')).stderr).toBe('');
});

test('since a time means all of it, from the first line on', async () => {
  show([[line(1), line(2)], { next: { after: 2 }, stopped: 'limit' }], [[line(3)]]);
  const { stdout } = await logs('--since', '1h');
  expect(stdout).toBe([1, 2, 3].map((number) => `web/000001 line ${number}\n`).join(''));
  expect(searches().map((call) => (call[1] as { range: unknown }).range)).toEqual([{ after: 0 }, { after: 2 }]);
});

test('a search that one request cannot end goes on, and says how far it is', async () => {
  show(
    [[line(9)], { next: { before: 7 }, stopped: 'time', scannedBytes: 256 * 1024 * 1024 }],
    [[], { next: { before: 5 }, stopped: 'bytes', scannedBytes: 256 * 1024 * 1024 }],
    [[line(2)]],
  );
  const { stdout, stderr } = await logs('--grep', 'x', '-n', '3');
  expect(stdout).toBe('web/000001 line 2\nweb/000001 line 9\n');
  expect(stderr).toBe(`searched 256 MiB, back to ${sample.AT_TEXT} …\nsearched 512 MiB, back to an unknown time …\n`);
  expect(searches().map((call) => (call[1] as { limit: number }).limit)).toEqual([3, 2, 2]);
});

test('lines that are missing are told in their place, with number and reason', async () => {
  const unknown = { ...sample.logGap(5, 6, null), cause: 'of-tomorrow', alias: null, instance: null };
  show([[line(1), sample.logGap(1, 4), sample.logGap(4, 5, 1), line(6), unknown]]);
  expect((await logs()).stdout).toBe(
    [
      'web/000001 line 1',
      'web/000001 … 1,234 lines dropped here (rate limit of the instance)',
      'web/000001 … 1 line dropped here (rate limit of the instance)',
      'web/000001 line 6',
      '… lines are missing here (of-tomorrow)\n',
    ].join('\n'),
  );
});

test('other streams than the application’s own are named, and times are shown to who asks', async () => {
  show([
    [
      { ...line(1), stream: 'platform' },
      { ...line(2), stream: 'stderr' },
    ],
  ]);
  const { stdout } = await logs('-t');
  expect(stdout).toBe(`${sample.AT_TEXT} web/000001 [platform] line 1\n${sample.AT_TEXT} web/000001 line 2\n`);
});

test('lines and gaps in JSON are one text each, in which no text can steer a terminal', async () => {
  show([[line(1, 'a\u001b[2J\u009b2J\u202e'), sample.logGap(1, 2)]]);
  const { stdout } = await logs('-o', 'json');
  expect(stdout).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u);
  const [first, second] = stdout.trim().split('\n');
  const whose = { alias: 'web', instance: '01instance00000001' };
  const text = 'a\u001b[2J\u009b2J\u202e';
  expect(JSON.parse(first!)).toEqual({
    sequence: 1,
    at: sample.AT_TEXT,
    level: null,
    ...whose,
    stream: 'stdout',
    text,
  });
  const gap = { after: 1, sequence: 2, noticedAt: sample.AT_TEXT, ofAlias: 'web', ofInstance: whose.instance };
  expect(JSON.parse(second!)).toEqual({ gap: { ...gap, lines: 1234, cause: 'rate-limit' } });
});

test('colours stay for those who want them; nothing else that an application prints steers the terminal', async () => {
  show([[line(1, 'a\u001b[31mred\u001b[0m\u001b[2J\u001b]0;title\u0007b')]]);
  const shown = async (options: string[], more: object) =>
    (await run(['logs', 'shop-1', '--instance', '000001', ...options], { env, ...more })).stdout;
  expect(await shown([], { isTerminal: true })).toBe('a\u001b[31mred\u001b[0mb\u001b[0m\n');
  expect(await shown([], {})).toBe('aredb\n');
  expect(await shown(['--no-color'], { isTerminal: true })).toBe('aredb\n');
  expect(await shown([], { isTerminal: true, env: { ...env, NO_COLOR: '1' } })).toBe('aredb\n');
});

test.each([
  ['--level loud', '--level: expected trace, debug, info, warn, error or fatal, got "loud"'],
  ['--since yesterday', '--since: expected a duration such as 10m or 2h, or a time such as'],
  ['--until 2026-13-45', '--until: expected a duration such as 10m or 2h, or a time such as'],
  ['-n 100001', '--tail: expected a whole number from 0 to 100000'],
  ['--alias web', 'give APPLICATION/ALIAS or --alias, not both'],
])('%s is a usage error', async (options, message) => {
  const { code, stderr } = await run(['logs', 'shop-1/web', ...options.split(' ')], { env });
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test('following begins after what was shown, tells what is lost, and survives a restart of the control plane', async () => {
  const { useCases, port } = controlPlane;
  const following = start(['logs', 'shop-1', '-f', '--grep', 'line'], { env });
  await eventually('the subscription', () => useCases.logFeed.readers === 1);
  expect(searches().at(-1)).toMatchObject([{}, { filter: { text: 'line' }, range: { before: 2 } }]);
  expect(controlPlane.calls('feeds.logs').at(-1)).toMatchObject([{}, { filter: { text: 'line' }, after: 1 }]);
  useCases.logFeed.push(line(2), sample.logGap(2, 4, 2), line(5));
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
  expect(stdout).toBe(
    [...['line 1', 'line 2', '… 2 lines dropped here (rate limit of the instance)', 'line 5', 'line 6']]
      .map((text) => `web/000001 ${text}\n`)
      .join(''),
  );
  expect(stderr.match(/trying again/g)).toHaveLength(1);
});

test('with -n 0 only new lines are shown', async () => {
  const { useCases } = controlPlane;
  const following = start(['logs', 'shop-1', '-f', '-n', '0'], { env });
  await eventually('the subscription', () => useCases.logFeed.readers === 1);
  useCases.logFeed.push(line(2));
  await eventually('line 2', () => following.stdout() !== '');
  following.interrupt();
  expect((await following.ended).stdout).toBe('web/000001 line 2\n');
});
