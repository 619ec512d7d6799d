/** Logs of a whole agent: a real process with a real application, a broker, rotation, restarts. */
import { describe, expect, test } from '@jest/globals';
import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withPlatform } from './testing/bed.ts';
import { type Platform, SERVER, START } from './testing/platform.ts';
import { soon } from './testing/soon.ts';

let platform: Platform;

withPlatform((fresh) => (platform = fresh));

interface Noted {
  readonly positions: Readonly<Record<string, { readonly offset: number }>>;
}

/** Runs an application of these files with this program as its server. */
async function runs(program: string, configuration: object = {}): Promise<void> {
  await platform.desire(
    await platform.release('r1', { 'server.mjs': program + SERVER }, { start: START, ...configuration }),
  );
}
const active = () => soon(() => expect(platform.received.status?.state).toBe('active'));
const lines = () => platform.received.lines;
const tree = () => join(platform.directory, 'releases/r1/tree');
const gaps = () => platform.received.logs.flatMap(({ gaps = [] }) => gaps);

test('declared files are followed through rotation, beside stdout and stderr, and after a restart of the agent', async () => {
  const write = (name: string, text: string) => appendFileSync(join(tree(), name), text);
  const logs = [
    { name: 'access', path: 'logs/access.log', in: 'application' },
    { name: 'kept', path: 'kept.log', in: 'home' },
  ];
  const agent = platform.startAgent();
  await runs(
    `import { mkdirSync } from 'node:fs'; mkdirSync('logs', { recursive: true }); console.error('to stderr');`,
    { logs },
  );
  await active();
  write('logs/access.log', 'one\n');
  appendFileSync(join(platform.directory, 'home/kept.log'), 'in home\n');
  await soon(() =>
    expect(lines()).toEqual(expect.arrayContaining(['access: one', 'kept: in home', 'stderr: to stderr'])),
  );
  renameSync(join(tree(), 'logs/access.log'), join(tree(), 'logs/access.log.1'));
  write('logs/access.log.1', 'late\n');
  write('logs/access.log', 'after the rotation\n');
  await soon(() => expect(lines()).toContain('access: after the rotation'));
  // What was sent since the places were last noted would come again. No other file has ever this length.
  const places = () => JSON.parse(readFileSync(join(platform.directory, 'state/logs.json'), 'utf8')) as Noted;
  await soon(() =>
    expect(Object.values(places().positions).map(({ offset }) => offset)).toContain('after the rotation\n'.length),
  );

  agent.signal('SIGKILL');
  await agent.exited;
  write('logs/access.log', 'while away\n');
  platform.startAgent();
  await soon(() => expect(lines()).toContain('access: while away'));
  expect(lines().filter((line) => line.startsWith('access: '))).toEqual([
    'access: one',
    'access: late',
    'access: after the rotation',
    'access: while away',
  ]);
  expect(lines().filter((line) => line === 'kept: in home')).toHaveLength(1);
});

test('what was printed while the broker was away comes after a restart of the agent, once', async () => {
  const agent = platform.startAgent();
  await runs(`
    import { writeFileSync } from 'node:fs';
    let n = 0;
    setInterval(() => {
      console.log('tick ' + process.pid + ' ' + n);
      writeFileSync('printed', JSON.stringify({ pid: process.pid, n: n++ }));
    }, 20);
  `);
  await active();
  let first = { pid: 0, n: 0 };
  const printed = () => JSON.parse(readFileSync(join(tree(), 'printed'), 'utf8')) as { pid: number; n: number };
  const ticks = () =>
    lines().flatMap((line) => {
      const [, pid, n] = /^stdout: tick (\d+) (\d+)$/.exec(line) ?? [];
      return Number(pid) === first.pid ? Number(n) : [];
    });
  await soon(() => expect(lines().some((line) => / 3$/.test(line))).toBe(true));
  await platform.broker.stop();
  // Not while it is being written.
  await soon(() => (first = printed()));
  await soon(() => expect(printed().n).toBeGreaterThan(first.n + 40));
  agent.signal('SIGKILL');
  await agent.exited;
  await platform.broker.start();
  platform.startAgent();
  await active();
  await soon(() => expect(Math.max(...ticks())).toBeGreaterThan(first.n + 20));
  const got = ticks();
  expect(got).toEqual([...new Set(got)].sort((a, b) => a - b));
  // One message may have been on its way to the broker when that ended; all that was printed later is there.
  expect(got.at(-1)! + 1 - got.length).toBeLessThan(30);
  const away = got.slice(-20);
  expect(away).toEqual(away.map((_tick, index) => away[0]! + index));
});

test('the agent’s own lines are in the log, and what the platform knows leaves in none of them', async () => {
  platform.startAgent();
  await runs(
    `console.log('url ' + process.env.DATABASE_URL); process.stderr.write('a sword'); setTimeout(() => process.stderr.write('fish\\n'), 50);`,
    { environment: { DATABASE_URL: 'postgres://shop:swordfish@db/shop' } },
  );
  await soon(() =>
    expect(lines()).toEqual(expect.arrayContaining(['stdout: url postgres://shop:••••••@db/shop', 'stderr: a ••••••'])),
  );
  await soon(() => expect(lines().some((line) => line.startsWith('agent: connected'))).toBe(true));
  expect(lines().join('\n')).not.toContain('swordfish');
});

describe('bad output', () => {
  test('a line of ten megabytes, bytes that are no text, NUL, and after it all is well', async () => {
    platform.startAgent();
    await runs(`
      process.stdout.write('x'.repeat(10 * 1024 * 1024));
      process.stdout.write('\\nafter\\n');
      process.stdout.write(Buffer.from([0x62, 0xff, 0xfe, 0x00, 0xc3, 0x0a]));
      console.log('end');`);
    await soon(() => expect(lines()).toContain('stdout: end'));
    const out = platform.received.logs.flatMap((report) => report.lines).filter(({ stream }) => stream === 'stdout');
    expect(out.slice(0, 4).map(({ text }) => (text.length > 100 ? text.length : text))).toEqual([
      8192,
      'after',
      'b\ufffd\ufffd\0\ufffd',
      'end',
    ]);
    expect(platform.received.problems).toEqual([]);
  });

  test('a flood of a million lines is capped, counted to the last line, and holds nobody up', async () => {
    platform.startAgent({ environment: { CARTWRIGHT_AGENT_LOG_LINES_PER_SECOND: '100' } });
    await runs(`
      let left = 1_000_000;
      const more = () => {
        let text = '';
        for (let n = 0; n < 10_000 && left > 0; n += 1, left -= 1) text += 'flood ' + left + '\\n';
        if (text === '') return console.log('the end');
        process.stdout.write(text, more);
      };
      more();`);
    await active();
    const counted = () => {
      const flood = lines().filter((line) => line.startsWith('stdout: flood')).length;
      return flood + gaps().reduce((sum, gap) => sum + gap.lines, 0);
    };
    // What is dropped after the last line that is sent is told with the next one.
    await soon(() => expect(counted()).toBeGreaterThanOrEqual(1_000_000), 40_000);
    expect(new Set(gaps().map(({ cause }) => cause))).toEqual(new Set(['rate-limit']));
    expect(platform.received.problems).toEqual([]);
  });

  test('a folder for logs that cannot be written: lines come all the same, and the agent says what is wrong', async () => {
    mkdirSync(join(platform.directory, 'logs/stdout.log'), { recursive: true });
    platform.startAgent();
    await runs(`console.log('still here');`);
    await soon(() => expect(lines()).toContain('stdout: still here'));
    await soon(() => expect(lines().some((line) => line.startsWith('agent: output not kept'))).toBe(true));
    rmSync(join(platform.directory, 'logs/stdout.log'), { recursive: true });
    chmodSync(join(platform.directory, 'logs'), 0o700);
  });

  test('a declared file that leads out of its folder is not read, and the log says so', async () => {
    platform.startAgent();
    const logs = [{ name: 'evil', path: 'evil.log', in: 'application' }];
    await runs(`import { symlinkSync } from 'node:fs'; symlinkSync('../../../token', 'evil.log');`, { logs });
    await soon(() =>
      expect(lines()).toContain('agent: a declared log is not read name=evil error=evil.log leads out of its folder'),
    );
    expect(lines().some((line) => line.startsWith('evil:'))).toBe(false);
  });
});
