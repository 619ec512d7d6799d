import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LineSink } from './file-tail.ts';
import { FollowedFile, type FollowedFileOptions } from './followed-file.ts';
import { NotInside } from './open-inside.ts';
import { Positions } from './positions.ts';

let folder: string;
let root: string;
let positions: Positions;
let seen: string[];
let settle: (() => void)[];
/** Lines that there is room for. */
let room: number;
const opened: FollowedFile[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'followed-'));
  root = join(folder, 'tree');
  mkdirSync(root);
  positions = new Positions(join(folder, 'logs.json'), (error) => {
    throw error;
  });
  seen = [];
  settle = [];
  room = Infinity;
});
afterEach(async () => {
  for (const file of opened.splice(0)) await file.close(false);
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(root, name);
const write = (text: string, name = 'app.log') => appendFileSync(at(name), text);
const sink: LineSink = {
  hasRoom: () => room > 0,
  mask: (line, characters) => line.slice(0, characters),
  lookahead: () => 0,
  line: (text, position) => {
    seen.push(text);
    room -= 1;
    settle.push(positions.begin('app', position));
  },
};
function follow(options: Partial<FollowedFileOptions> = {}): FollowedFile {
  const position = positions.of('app');
  const saved = position && { position, at: positions.writtenAt };
  const file = new FollowedFile({ root, path: 'app.log', sink, ...(saved ? { saved } : {}), ...options });
  opened.push(file);
  return file;
}
/** What a look finds. */
async function found(file: FollowedFile): Promise<string[]> {
  const before = seen.length;
  await file.poll();
  return seen.slice(before);
}
/** As after SIGKILL: what was sent is noted, the rest forgotten. */
async function restart(file: FollowedFile): Promise<FollowedFile> {
  positions.save(Date.now());
  await file.close(false);
  opened.splice(0);
  positions = new Positions(join(folder, 'logs.json'), () => undefined);
  settle = [];
  return follow();
}
const settleAll = () => settle.splice(0).forEach((call) => call());

describe('a file is followed', () => {
  test('from its first line when it is made, as lines are finished', async () => {
    const file = follow();
    expect(await found(file)).toEqual([]);
    write('one\ntw');
    expect(await found(file)).toEqual(['one']);
    write('o\n');
    expect(await found(file)).toEqual(['two']);
    expect(await found(file)).toEqual([]);
  });

  test('from its end when it was there before', async () => {
    write('of the artifact\n');
    const file = follow();
    write('one\n');
    expect(await found(file)).toEqual(['one']);
  });

  test('through renaming, with what is still written to the old file', async () => {
    const file = follow();
    write('one\ntwo\n');
    await found(file);
    write('three\n');
    renameSync(at('app.log'), at('app.log.1'));
    write('four\n');
    expect(await found(file)).toEqual(['three', 'four']);
    write('late\n', 'app.log.1');
    write('five\n');
    expect(await found(file)).toEqual(['late', 'five']);
  });

  test('through several rotations between two looks', async () => {
    const file = follow();
    write('one\n');
    await found(file);
    for (const text of ['two\n', 'three\n', 'four\n']) {
      if (text !== 'two\n') renameSync(at('app.log.1'), at('app.log.2'));
      renameSync(at('app.log'), at('app.log.1'));
      write(text);
    }
    expect(await found(file)).toEqual(['two', 'three', 'four']);
  });

  test('through copying and emptying, with what was written before the copy was made', async () => {
    const file = follow();
    write('one\ntwo\n');
    await found(file);
    write('three\nfo');
    copyFileSync(at('app.log'), at('app.log.1'));
    truncateSync(at('app.log'));
    write('five\n');
    const lines = await found(file);
    expect(lines).toEqual(['three', 'five']);
    write('six\n');
    expect(await found(file)).toEqual(['six']);
  });

  test('through emptying without a copy, also when it has grown beyond what was read', async () => {
    const file = follow();
    write('one\n');
    await found(file);
    truncateSync(at('app.log'));
    expect(await found(file)).toEqual([]);
    write('two\n');
    expect(await found(file)).toEqual(['two']);
    truncateSync(at('app.log'));
    write('three, and much longer than before\nfour\n');
    expect(await found(file)).toEqual(['three, and much longer than before', 'four']);
  });

  test('through deletion', async () => {
    const file = follow();
    write('one\n');
    await found(file);
    write('two\n');
    rmSync(at('app.log'));
    expect(await found(file)).toEqual(['two']);
    expect(await found(file)).toEqual([]);
    write('three\n');
    expect(await found(file)).toEqual(['three']);
  });

  test('a copy that somebody made is not read', async () => {
    const file = follow();
    write('one\ntwo\n');
    await found(file);
    copyFileSync(at('app.log'), at('app.log.bak'));
    renameSync(at('app.log'), at('app.log.1'));
    write('three\n');
    writeFileSync(at('app.log.2.gz'), 'compressed\n');
    expect(await found(file)).toEqual(['three']);
  });

  test('real logrotate-like tools in a loop lose and repeat nothing', async () => {
    const file = follow();
    const expected: string[] = [];
    for (let index = 0; index < 200; index += 1) {
      write(`line ${index}\n`);
      expected.push(`line ${index}`);
      if (index % 7 === 3) {
        execFileSync('mv', [at('app.log'), at(`app.log.${index}`)]);
        write(`line ${index}b\n`);
        expected.push(`line ${index}b`);
      }
      if (index % 5 === 0) await file.poll();
    }
    await file.poll();
    expect(seen).toEqual(expected);
  });
});

describe('without room', () => {
  test('reading waits, and goes on with the next line', async () => {
    const file = follow();
    write('one\ntwo\nthree\n');
    room = 1;
    expect(await found(file)).toEqual(['one']);
    expect(await found(file)).toEqual([]);
    renameSync(at('app.log'), at('app.log.1'));
    write('four\n');
    room = 2;
    expect(await found(file)).toEqual(['two', 'three']);
    room = 2;
    expect(await found(file)).toEqual(['four']);
  });

  test('what is further behind than it may be is handed on all the same', async () => {
    const file = follow({ mostBehind: 1000 });
    write('x'.repeat(99).concat('\n').repeat(50));
    room = 0;
    expect((await found(file)).length).toBe(50);
  });
});

describe('after a restart of the agent', () => {
  test('it goes on behind what was sent, and reads again what was not', async () => {
    let file = follow();
    write('one\ntwo\nthree\n');
    await found(file);
    settle[0]!();
    settle[2]!();
    file = await restart(file);
    expect(await found(file)).toEqual(['two', 'three']);
    settleAll();
    file = await restart(file);
    write('four\n');
    expect(await found(file)).toEqual(['four']);
  });

  test('through rotations that nobody saw', async () => {
    let file = follow();
    write('one\ntwo\n');
    await found(file);
    settle[0]!();
    positions.save(Date.now());
    renameSync(at('app.log'), at('app.log.2'));
    write('three\n', 'app.log.1');
    write('four\n');
    file = await restart(file);
    expect(await found(file)).toEqual(['two', 'three', 'four']);
  });

  test('through copying and emptying that nobody saw', async () => {
    let file = follow();
    write('one\ntwo\nthree\n');
    await found(file);
    settle[0]!();
    positions.save(Date.now());
    copyFileSync(at('app.log'), at('app.log.1'));
    truncateSync(at('app.log'));
    write('4\n');
    file = await restart(file);
    expect(await found(file)).toEqual(['two', 'three', '4']);
  });

  test('an overlong line that was cut goes on being thrown away', async () => {
    let file = follow();
    write(`${'x'.repeat(100_000)}`);
    expect(await found(file)).toHaveLength(1);
    settleAll();
    file = await restart(file);
    write('rest of it\nnext\n');
    expect(await found(file)).toEqual(['next']);
  });

  test('a damaged note is as good as none', async () => {
    let file = follow();
    write('one\n');
    await found(file);
    await file.close(false);
    writeFileSync(join(folder, 'logs.json'), '{"v":1,"at":');
    positions = new Positions(join(folder, 'logs.json'), () => undefined);
    file = follow();
    write('two\n');
    expect(await found(file)).toEqual(['two']);
  });
});

describe('no way out of the folder', () => {
  beforeEach(() => writeFileSync(join(folder, 'token'), 'secret\n'));

  test.each([
    ['a link', () => symlinkSync(join(folder, 'token'), at('app.log'))],
    ['a relative link', () => symlinkSync('../token', at('app.log'))],
    ['a folder that is a link', () => symlinkSync(folder, at('sub')), 'sub/token'],
    ['a link to a link', () => (symlinkSync(join(folder, 'token'), at('b')), symlinkSync('b', at('app.log')))],
    ['..', () => undefined, '../token'],
    ['a device', () => symlinkSync('/dev/zero', at('app.log'))],
    ['a pipe', () => void execFileSync('mkfifo', [at('app.log')])],
    ['a folder', () => void mkdirSync(at('app.log'))],
    ['a link to itself', () => symlinkSync('app.log', at('app.log'))],
  ])('%s is refused', async (_name, make, path = 'app.log') => {
    make();
    const file = follow({ path });
    await expect(file.poll()).rejects.toThrow();
    expect(seen).toEqual([]);
  });

  test('a link that stays inside is followed, one that is changed to lead out is not', async () => {
    write('old\n', 'real.log');
    symlinkSync('real.log', at('app.log'));
    const file = follow();
    write('one\n', 'real.log');
    expect(await found(file)).toEqual(['one']);
    rmSync(at('app.log'));
    symlinkSync(join(folder, 'token'), at('app.log'));
    await expect(file.poll()).rejects.toBeInstanceOf(NotInside);
    rmSync(at('app.log'));
    linkSync(at('real.log'), at('app.log'));
    write('two\n', 'real.log');
    expect(await found(file)).toEqual(['two']);
  });
});
