import { afterEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { ProcessGroup } from '../lifecycle/process-group.ts';
import { soon } from '../testing/soon.ts';
import { MemoryLimit, ownMemoryBytes, parseOwnMemory } from './memory-limit.ts';

const MEBIBYTE = 1024 ** 2;

describe('memory that only the end of a process gives back', () => {
  test('is what is anonymous and what is shared, in proportion, of smaps_rollup', () => {
    const text =
      'Rss:  9000 kB\nPss:  5000 kB\nPss_Anon:            100 kB\nPss_File: 4880 kB\nPss_Shmem:            20 kB\nAnonymous: 300 kB\n';
    expect(parseOwnMemory(text)).toBe(120 * 1024);
  });

  test('is the anonymous part where the kernel tells no proportions', () => {
    expect(parseOwnMemory('Rss:  900 kB\nAnonymous:        300 kB\n')).toBe(300 * 1024);
  });

  test('of anything else is unknown, and no text is an error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = parseOwnMemory(text);
        expect(bytes === undefined || bytes >= 0).toBe(true);
      }),
    );
  });

  test('of a process that has ended is none', () => {
    expect(ownMemoryBytes([2 ** 22 + 1])).toBe(0);
  });
});

describe('a limit of declared memory', () => {
  const groups: ProcessGroup[] = [];
  afterEach(() => Promise.all(groups.splice(0).map((group) => group.end(0))));

  const start = async (...command: string[]) => {
    const group = await ProcessGroup.start({ command, cwd: '/', environment: { PATH: process.env.PATH ?? '' } });
    group.stderr.resume();
    groups.push(group);
    return group;
  };

  test('ends what is over it in three samples in a row, and begins again after one that is not', async () => {
    const { tree } = await start('sleep', '1000');
    let used = 0;
    const limit = new MemoryLimit(100, () => used);
    const judged = [120, 130, 90, 120, 130, 140].map((bytes) => {
      used = bytes;
      return limit.judge(tree, 500);
    });
    expect(judged.slice(0, 5)).toEqual(Array.from({ length: 5 }));
    expect(judged[5]).toEqual({ memoryBytes: 140, limitBytes: 100, samples: 3 });
  });

  test('ends what is over twice of it at once', async () => {
    const { tree } = await start('sleep', '1000');
    expect(new MemoryLimit(100, () => 201).judge(tree, 500)).toEqual({ memoryBytes: 201, limitBytes: 100, samples: 1 });
  });

  test('counts each start anew, and asks for the exact figure only when the rough one is over', async () => {
    const [one, two] = [await start('sleep', '1000'), await start('sleep', '1000')];
    const measure = jest.fn(() => 120);
    const limit = new MemoryLimit(100, measure);
    limit.judge(one.tree, 90);
    expect(measure).not.toHaveBeenCalled();
    limit.judge(one.tree, 500);
    limit.judge(one.tree, 500);
    expect(limit.judge(two.tree, 500)).toBeUndefined();
    expect(limit.judge(undefined, 500)).toBeUndefined();
  });

  test('counts what a process and its children hold, and no file that they have mapped', async () => {
    const holds = `const { spawn } = require('node:child_process');
      globalThis.held = Buffer.alloc(100 * 1024 * 1024, 1);
      if (process.argv[1] !== 'child') spawn(process.execPath, ['-e', process.env.SCRIPT, 'child'], { stdio: ['ignore', 'inherit', 'ignore'] });
      console.log('held'); setInterval(() => undefined, 1000);`;
    const group = await ProcessGroup.start({
      command: [process.execPath, '-e', holds],
      cwd: '/',
      environment: { SCRIPT: holds },
    });
    groups.push(group);
    group.stderr.resume();
    let said = '';
    group.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await soon(() => expect(said).toBe('held\nheld\n'));
    const bytes = ownMemoryBytes(group.tree.living().map(({ pid }) => pid));
    expect(bytes).toBeGreaterThan(200 * MEBIBYTE);
    expect(bytes).toBeLessThan(400 * MEBIBYTE);
    // Node's own program alone maps more than a hundred megabytes.
    const idle = await start(process.execPath, '-e', 'setInterval(() => undefined, 1000)');
    idle.stdout.resume();
    await soon(() => expect(ownMemoryBytes([idle.pid])).toBeGreaterThan(MEBIBYTE));
    expect(ownMemoryBytes([idle.pid])).toBeLessThan(60 * MEBIBYTE);
  });
});
