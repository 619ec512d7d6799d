import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  mkdirSync,
  chmodSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create, Header } from 'tar';
import { isTargetInside } from '../../schema/agent/archive.ts';
import { safeComponents, unpack } from './unpack.ts';

interface Entry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO';
  readonly linkpath?: string;
  readonly text?: string;
  readonly mode?: number;
}

/** An archive byte by byte, because no honest program writes such. */
function archive(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = 'File', linkpath, text = '', mode = 0o644 }) => {
    const header = new Header({
      path,
      type,
      mode,
      size: text.length,
      mtime: new Date(1e12),
      uid: 0,
      gid: 0,
      ...(linkpath ? { linkpath } : {}),
    });
    const block = Buffer.alloc(512);
    header.encode(block);
    const body = Buffer.alloc(Math.ceil(text.length / 512) * 512);
    body.write(text);
    return [block, body];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

describe('unpacking', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'unpack-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const signal = new AbortController().signal;
  const into = () => join(folder, 'tree');
  const run = (bytes: Buffer, maximum = 1e6) => {
    writeFileSync(join(folder, 'archive'), bytes);
    return unpack(join(folder, 'archive'), into(), maximum, signal);
  };

  test('an archive that tar made comes out as it went in, links and modes included', async () => {
    const from = join(folder, 'from');
    mkdirSync(join(from, 'node_modules/.bin'), { recursive: true });
    mkdirSync(join(from, 'node_modules/tool'), { recursive: true });
    writeFileSync(join(from, 'node_modules/tool/cli.js'), 'x'.repeat(100_000));
    chmodSync(join(from, 'node_modules/tool/cli.js'), 0o6755);
    symlinkSync('../tool/cli.js', join(from, 'node_modules/.bin/tool'));
    writeFileSync(join(from, `${'long-'.repeat(30)}name`), 'long');
    mkdirSync(join(from, 'empty'));
    await create({ gzip: true, file: join(folder, 'good.tgz'), cwd: from }, ['.']);
    await run(readFileSync(join(folder, 'good.tgz')));
    expect(readdirSync(into()).sort()).toEqual(['empty', `${'long-'.repeat(30)}name`, 'node_modules']);
    expect(readFileSync(join(into(), 'node_modules/.bin/tool'), 'utf8')).toHaveLength(100_000);
    expect(readlinkSync(join(into(), 'node_modules/.bin/tool'))).toBe('../tool/cli.js');
    expect(statSync(join(into(), 'node_modules/tool/cli.js')).mode & 0o7777).toBe(0o755);
  });

  test.each<[string, Entry[], RegExp]>([
    ['a path that climbs', [{ path: '../evil', text: 'x' }], /"\.\.\/evil", which leaves its folder/],
    ['a path that climbs in the middle', [{ path: 'a/../../evil', text: 'x' }], /leaves its folder/],
    ['an absolute path', [{ path: '/tmp/evil', text: 'x' }], /leaves its folder/],
    [
      'a link to an absolute path',
      [{ path: 'l', type: 'SymbolicLink', linkpath: '/etc/passwd' }],
      /the link l to "\/etc\/passwd"/,
    ],
    ['a link that climbs', [{ path: 'a/l', type: 'SymbolicLink', linkpath: '../../x' }], /leaves its folder/],
    [
      'a link through a link that climbs',
      [
        { path: 'a/b/c', type: 'SymbolicLink', linkpath: '../..' },
        { path: 'l', type: 'SymbolicLink', linkpath: 'a/b/c/../../etc' },
      ],
      /the link l/,
    ],
    [
      'a file through a link',
      [
        { path: 'l', type: 'SymbolicLink', linkpath: 'd' },
        { path: 'l/file', text: 'x' },
      ],
      /goes through l, which is no folder/,
    ],
    [
      'a file over a link',
      [
        { path: 'l', type: 'SymbolicLink', linkpath: 'd' },
        { path: 'l', text: 'x' },
      ],
      /holds l twice/,
    ],
    [
      'a hard link to what is outside',
      [{ path: 'h', type: 'Link', linkpath: '../../etc/passwd' }],
      /leaves its folder/,
    ],
    ['a hard link to what is not there', [{ path: 'h', type: 'Link', linkpath: 'etc/passwd' }], /which is not in it/],
    ['a device', [{ path: 'null', type: 'CharacterDevice' }], /a CharacterDevice; only files, folders and links/],
    ['a pipe', [{ path: 'pipe', type: 'FIFO' }], /a FIFO/],
  ])('refuses %s', async (_, entries, message) => {
    await expect(run(archive(entries))).rejects.toMatchObject({
      code: 'artifact-invalid',
      message: expect.stringMatching(message),
    });
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });

  test('refuses more bytes than were agreed, before writing them', async () => {
    const bomb = gzipSync(
      archive([
        { path: 'a', text: 'x'.repeat(600) },
        { path: 'b', text: '0'.repeat(600) },
      ]),
    );
    await expect(run(bomb, 1000)).rejects.toMatchObject({ code: 'artifact-too-large' });
    expect(existsSync(join(into(), 'b'))).toBe(false);
  });

  test.each([
    ['cut off', () => gzipSync(archive([{ path: 'a', text: 'x'.repeat(5000) }])).subarray(0, 60)],
    ['cut off without compression', () => archive([{ path: 'a', text: 'x'.repeat(5000) }]).subarray(0, 2000)],
    ['garbage', () => Buffer.from('this is not an archive at all '.repeat(100))],
    ['with a wrong checksum', () => Buffer.concat([Buffer.alloc(512, 65), Buffer.alloc(1024)])],
  ])('refuses an archive that is %s', async (_, bytes) => {
    await expect(run(bytes())).rejects.toMatchObject({
      code: 'artifact-invalid',
      message: expect.stringContaining('cannot be read'),
    });
  });

  test('can be broken off', async () => {
    const stop = new AbortController();
    stop.abort(new Error('no longer wanted'));
    writeFileSync(join(folder, 'archive'), archive([{ path: 'a', text: 'x' }]));
    await expect(unpack(join(folder, 'archive'), into(), 1e6, stop.signal)).rejects.toThrow('no longer wanted');
  });

  test('no accepted path leaves its folder', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b c', '...', '..a');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        let components: string[];
        try {
          components = safeComponents(parts.join('/'));
        } catch {
          return;
        }
        expect(join('/root', ...components).startsWith('/root')).toBe(true);
        expect(components).not.toContain('..');
      }),
    );
  });

  test('no accepted link leads out, even through other accepted links', () => {
    const name = fc.constantFrom('a', 'b');
    const path = fc.array(name, { minLength: 1, maxLength: 3 });
    const target = fc
      .array(fc.constantFrom('..', '.', 'a', 'b'), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.array(fc.tuple(path, target), { maxLength: 4 }), (links) => {
        const accepted = new Map<string, string>();
        for (const [at, to] of links) {
          // As the writer has it: nothing is written through a link or over something.
          const isThroughLink = at.some((_, depth) => accepted.has(at.slice(0, depth).join('/')));
          const isBelow = [...accepted.keys()].some((other) => other.startsWith(`${at.join('/')}/`));
          if (!isThroughLink && !isBelow && !accepted.has(at.join('/')) && isTargetInside(at, to))
            accepted.set(at.join('/'), to);
        }
        for (const at of accepted.keys()) expect(resolvesInside(at, accepted)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Follows a path as the kernel does; false when it climbs above the root. */
function resolvesInside(path: string, links: ReadonlyMap<string, string>): boolean {
  const todo = path.split('/');
  const done: string[] = [];
  for (let steps = 0; todo.length > 0 && steps < 200; steps += 1) {
    const part = todo.shift()!;
    if (part === '.') continue;
    if (part === '..') {
      if (done.length === 0) return false;
      done.pop();
      continue;
    }
    done.push(part);
    const link = links.get(done.join('/'));
    if (link === undefined) continue;
    done.pop();
    todo.unshift(...link.split('/'));
  }
  return true;
}
