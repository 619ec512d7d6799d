import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { readProcessStat } from '../telemetry/process-tree.ts';
import { soon } from '../testing/soon.ts';
import { ProcessGroup } from './process-group.ts';

describe('a process group', () => {
  const groups: ProcessGroup[] = [];
  afterEach(() => Promise.all(groups.splice(0).map((group) => group.end(0))));

  const start = async (script: string) => {
    const group = await ProcessGroup.start({
      command: ['sh', '-c', script],
      cwd: '/',
      environment: { PATH: process.env.PATH ?? '' },
    });
    groups.push(group);
    return group;
  };

  test('ends what has left the group after it was seen in it', async () => {
    const group = await start('(sleep 0.5; exec setsid sleep 1000) & echo $!; exec sleep 1000');
    const [line] = (await once(group.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(group.tree.look().map((member) => member.pid)).toContain(pid);
    await soon(() => expect(readProcessStat(pid)?.group).toBe(pid));
    await group.end(0);
    expect(readProcessStat(pid)).toBeUndefined();
  });

  test('is a session of its own, without standard input, with real pipes for its output', async () => {
    const group = await start('cat; echo one > /dev/stdout; echo two > /dev/stderr; sleep 100');
    expect(readProcessStat(group.pid)).toMatchObject({
      group: group.pid,
      session: group.pid,
      startTicks: group.startTicks,
    });
    const [[stdout], [stderr]] = (await Promise.all([once(group.stdout, 'data'), once(group.stderr, 'data')])) as [
      [Buffer],
      [Buffer],
    ];
    expect([stdout.toString(), stderr.toString()]).toEqual(['one\n', 'two\n']);
  });

  test('its output ends when it does, complete', async () => {
    const group = await start('i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done');
    group.stderr.resume();
    expect((await text(group.stdout)).trimEnd().split('\n')).toHaveLength(20_000);
    expect(await group.exited).toEqual({ kind: 'code', code: 0 });
  });

  test('what was printed just before the end is read to its end', async () => {
    const group = await start('head -c 60000 /dev/zero; head -c 60000 /dev/zero; exit 1');
    group.stderr.resume();
    const printed = text(group.stdout);
    await group.exited;
    await group.end(0);
    expect(await printed).toHaveLength(120_000);
  });

  test('leaves no descriptor open, whether it was started or not', async () => {
    const before = readdirSync('/proc/self/fd').length;
    await expect(ProcessGroup.start({ command: ['/no/such'], cwd: '/', environment: {} })).rejects.toMatchObject({
      code: 'ENOENT',
    });
    const group = await start('exit 3');
    expect(await group.exited).toEqual({ kind: 'code', code: 3 });
    await group.end(0);
    await soon(() => expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before));
  });

  test('ends as a whole: children, those in other sessions, and daemons', async () => {
    const group = await start('sleep 1001 & setsid sleep 1002 & (setsid sleep 1003 &) ; wait');
    group.stdout.resume();
    group.stderr.resume();
    await soon(() => expect(group.tree.living()).toHaveLength(4));
    const pids = group.tree.living().map(({ pid }) => pid);
    await group.end(5000);
    expect(pids.map(readProcessStat)).toEqual([undefined, undefined, undefined, undefined]);
    expect(await group.exited).toEqual({ kind: 'signal', signal: 'SIGTERM' });
  });

  test('gets its grace, and no more', async () => {
    const group = await start('trap "sleep 0.2; exit 7" TERM; echo ready; while :; do sleep 0.01; done');
    group.stderr.resume();
    await once(group.stdout, 'data');
    await group.end(5000);
    expect(await group.exited).toEqual({ kind: 'code', code: 7 });
    const other = await start('trap "exit 3" TERM; trap "exit 8" QUIT; echo ready; while :; do sleep 0.01; done');
    other.stderr.resume();
    await once(other.stdout, 'data');
    await other.end(5000, undefined, 'SIGQUIT');
    expect(await other.exited).toEqual({ kind: 'code', code: 8 });
    const stubborn = await start('trap "" TERM; echo ready; while :; do sleep 0.01; done');
    stubborn.stderr.resume();
    await once(stubborn.stdout, 'data');
    const asked = performance.now();
    await stubborn.end(100);
    expect(performance.now() - asked).toBeGreaterThan(95);
    expect(await stubborn.exited).toEqual({ kind: 'signal', signal: 'SIGKILL' });
  });
});
