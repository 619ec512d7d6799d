import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Header, Pax } from 'tar';
import { ArtifactError } from '../../app/errors.ts';
import type { ArtifactStore } from '../../app/ports/artifacts.ts';
import { createArtifactStore } from './store.ts';

const MIB = 1024 * 1024;
let root: string;
let store: ArtifactStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'artifacts-'));
  store = await createArtifactStore({ directory: join(root, 'store') });
});
afterEach(() => rm(root, { recursive: true }));

async function folder(name: string): Promise<string> {
  await mkdir(join(root, name), { recursive: true });
  return join(root, name);
}

async function tree(name: string): Promise<string> {
  const directory = await folder(name);
  await mkdir(join(directory, 'b/deep'), { recursive: true });
  await writeFile(join(directory, 'b/deep/file.txt'), 'content');
  await writeFile(join(directory, '@scope'), 'not an archive');
  await writeFile(join(directory, 'run'), '#!/bin/sh\n', { mode: 0o755 });
  await symlink('b/deep/file.txt', join(directory, 'link'));
  await symlink('nothing', join(directory, 'dangling'));
  await writeFile(join(directory, `${'long'.repeat(40)}.txt`), 'a long name');
  await mkdir(join(directory, 'empty'));
  return directory;
}

interface TarEntry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO';
  readonly linkpath?: string;
  readonly content?: string;
  readonly mode?: number;
  /** Instead of the content's. */
  readonly size?: number;
}

function tarBytes(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = 'File', linkpath, content = '', mode = 0o644, size }) => {
    const header = Buffer.alloc(512);
    const link = linkpath === undefined ? {} : { linkpath };
    const isLong = new Header({ path, type, mode, size: size ?? content.length, ...link }).encode(header);
    return [
      ...(isLong ? [new Pax({ path, ...link }).encode()] : []),
      header,
      Buffer.from(content),
      Buffer.alloc((512 - (content.length % 512)) % 512),
    ];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

async function receive(bytes: Buffer): Promise<string> {
  return (await store.receive(Readable.from([bytes]), 100 * MIB)).digest;
}

/** The error's code of unpacking an archive, having checked that nothing is left behind. */
async function refusal(bytes: Buffer, maximumBytes = MIB): Promise<string> {
  const into = await folder('refused');
  const error: unknown = await store.unpack(await receive(bytes), into, maximumBytes).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(await readdir(into)).toEqual([]);
  expect(await readdir(root)).toEqual(['refused', 'store']);
  return error instanceof ArtifactError ? `${error.code}: ${error.message}` : String(error);
}

describe('packing', () => {
  test('gives the same digest for the same tree, whatever its times, its owner’s modes and its hard links', async () => {
    const first = await tree('first');
    const second = await tree('second');
    await utimes(join(second, 'run'), new Date(1e12), new Date(1e12));
    await chmod(join(second, 'b/deep/file.txt'), 0o600);
    await rm(join(second, '@scope'));
    await writeFile(join(root, 'elsewhere'), 'not an archive');
    await link(join(root, 'elsewhere'), join(second, '@scope'));
    await link(join(root, 'elsewhere'), join(root, 'and-again'));
    const packed = await store.pack(first);
    expect(await store.pack(second)).toEqual(packed);
    expect(await store.list()).toMatchObject([{ name: packed.digest, bytes: packed.bytes }]);
  });

  test('names the archive by the SHA-256 of its bytes', async () => {
    const { digest, bytes } = await store.pack(await tree('first'));
    const content = await readFile((await store.path(digest))!);
    expect(digest).toBe(`sha256-${createHash('sha256').update(content).digest('hex')}`);
    expect(bytes).toBe(content.length);
  });

  test('another content, name or executability gives another digest', async () => {
    const directory = await folder('changing');
    const digests = new Set<string>();
    await writeFile(join(directory, 'a'), '1');
    digests.add((await store.pack(directory)).digest);
    await writeFile(join(directory, 'a'), '2');
    digests.add((await store.pack(directory)).digest);
    await chmod(join(directory, 'a'), 0o755);
    digests.add((await store.pack(directory)).digest);
    await writeFile(join(directory, 'b'), '');
    digests.add((await store.pack(directory)).digest);
    expect(digests.size).toBe(4);
  });

  test('what was packed is unpacked as it was', async () => {
    const { digest } = await store.pack(await tree('first'));
    const into = await folder('into');
    await store.unpack(digest, into, MIB);
    expect((await readdir(into, { recursive: true })).sort()).toEqual(
      (await readdir(join(root, 'first'), { recursive: true })).sort(),
    );
    expect(await readFile(join(into, 'link'), 'utf8')).toBe('content');
    expect(await readlink(join(into, 'dangling'))).toBe('nothing');
    expect((await lstat(join(into, 'run'))).mode & 0o777).toBe(0o755);
    expect((await lstat(join(into, '@scope'))).mode & 0o777).toBe(0o644);
  });

  test.each([
    ['../outside', 'link'],
    ['/etc/passwd', 'link'],
    ['link', 'link'],
  ])('refuses a link to %s', async (target, name) => {
    const directory = await folder('linked');
    await symlink(target, join(directory, name));
    await expect(store.pack(directory)).rejects.toMatchObject({ code: 'ARTIFACT_INVALID' });
    expect(await readdir(join(root, 'store/incoming'))).toEqual([]);
  });

  test('refuses what agents would not unpack, so that it is the build that fails', async () => {
    const around = await folder('around');
    await mkdir(join(around, 'down'));
    await writeFile(join(around, 'file'), 'x');
    await symlink('down/../file', join(around, 'link'));
    await expect(store.pack(around)).rejects.toThrow(/"link" is a link that goes down and up again/);
    const deep = await folder('deep');
    await mkdir(join(deep, ...Array.from({ length: 5 }, () => 'd'.repeat(250))), { recursive: true });
    await expect(store.pack(deep)).rejects.toThrow(/has a path of more than 1024 characters/);
  });

  test('says what is in it without unpacking it', async () => {
    const directory = await tree('tree');
    await mkdir(join(directory, 'b.d'));
    await writeFile(join(directory, 'b.d/x'), '');
    await symlink('b', join(directory, 'linked'));
    const { digest } = await store.pack(directory);
    const holds = (path: string) => store.holds(digest, path);
    for (const path of ['b', 'b/deep', 'b/deep/file.txt', '@scope', 'run', 'link', 'b.d/x', 'linked/anything'])
      expect([path, await holds(path)]).toEqual([path, true]);
    for (const path of ['a', 'b/deeper', 'b/deep/file', 'b/deep/file.txt.orig', 'b.d/y', 'runs', 'zz/top', 'b/x/y'])
      expect([path, await holds(path)]).toEqual([path, false]);
    await expect(store.holds(`sha256-${'0'.repeat(64)}`, 'a')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    await writeFile((await store.path(digest))!, gzipSync(randomBytes(4096)));
    await expect(holds('zz')).rejects.toMatchObject({ code: 'ARTIFACT_INVALID' });
  });

  test('says so of every path of every tree', async () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '/', 'ü'), minLength: 1, maxLength: 4 });
    const path = name.filter((text) => !/^\/|\/$|\/\/|(^|\/)\.{1,2}(\/|$)/.test(text));
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { maxLength: 8 }), path, async (files, asked) => {
        const directory = await folder(`trees/${(count += 1)}`);
        for (const file of files) {
          // What is a file already is no folder, and the other way round.
          await mkdir(join(directory, file, '..'), { recursive: true })
            .then(() => writeFile(join(directory, file), ''))
            .catch(() => undefined);
        }
        const { digest } = await store.pack(directory);
        const isThere = await lstat(join(directory, asked)).then(
          () => true,
          // Below a file nothing is known, as below a link.
          ({ code }: NodeJS.ErrnoException) => code === 'ENOTDIR',
        );
        expect(await store.holds(digest, asked)).toBe(isThere);
      }),
      { numRuns: 60 },
    );
  });

  test('refuses a socket by name', async () => {
    const directory = await folder('sockets');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(directory, 'my.sock'), resolve));
    await expect(store.pack(directory)).rejects.toThrow('"my.sock" is neither a file nor a folder nor a link');
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('receiving', () => {
  test('stores an upload as it is', async () => {
    const { digest } = await store.pack(await tree('first'));
    const file = (await store.path(digest))!;
    const other = await createArtifactStore({ directory: join(root, 'other') });
    expect((await other.receive(createReadStream(file), MIB)).digest).toBe(digest);
  });

  test('stops at the limit and keeps nothing', async () => {
    const big = gzipSync(Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 256)), {
      level: 0,
    });
    await expect(store.receive(Readable.from([big]), 100_000)).rejects.toMatchObject({ code: 'ARTIFACT_TOO_LARGE' });
    expect(await readdir(join(root, 'store/incoming'))).toEqual([]);
    expect(await store.list()).toEqual([]);
  });

  test.each(['', 'x', 'PK\u0003\u0004 a zip'])('refuses %j', async (text) => {
    await expect(store.receive(Readable.from([Buffer.from(text)]), MIB)).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
    });
  });

  test('an upload that breaks off keeps nothing', async () => {
    const broken = Readable.from(
      (function* () {
        yield gzipSync('begin').subarray(0, 12);
        throw new Error('connection reset');
      })(),
    );
    await expect(store.receive(broken, MIB)).rejects.toThrow('connection reset');
    expect(await readdir(join(root, 'store/incoming'))).toEqual([]);
  });
});

describe('unpacking what somebody else has packed', () => {
  test.each<[string, readonly TarEntry[], RegExp]>([
    ['a path with ..', [{ path: 'a/../../outside', content: 'x' }], /leads out of the folder/],
    ['an absolute path', [{ path: '/tmp/outside', content: 'x' }], /ARTIFACT_INVALID/],
    ['a name that no file can have', [{ path: 'n'.repeat(300), content: 'x' }], /has a name that is too long/],
    [
      'a path that no file can have',
      [{ path: `${'m'.repeat(250)}/`.repeat(16).slice(0, -1), content: 'x' }],
      /has too long a path/,
    ],
    [
      'a link to a name that no file can have',
      [{ path: 'a', type: 'SymbolicLink', linkpath: 'n'.repeat(5000) }],
      /ARTIFACT_INVALID/,
    ],
    ['a device', [{ path: 'null', type: 'CharacterDevice' }], /is a CharacterDevice/],
    ['a pipe', [{ path: 'pipe', type: 'FIFO' }], /is a FIFO/],
    ['a link out', [{ path: 'a', type: 'SymbolicLink', linkpath: '../x' }], /leads out of the folder/],
    ['an absolute link', [{ path: 'a', type: 'SymbolicLink', linkpath: '/etc' }], /leaves the folder/],
    ['a link in a circle', [{ path: 'a', type: 'SymbolicLink', linkpath: 'a' }], /in a circle/],
    [
      'a link out through a link',
      [
        { path: 'a/b/', type: 'Directory' },
        { path: 'a/b/up', type: 'SymbolicLink', linkpath: '../..' },
        { path: 'a/b/out', type: 'SymbolicLink', linkpath: 'up/../x' },
      ],
      /leads out of the folder/,
    ],
    [
      'a file below a link',
      [
        { path: 'a', type: 'SymbolicLink', linkpath: 'b' },
        { path: 'a/x', content: 'x' },
      ],
      /below something that is no folder/,
    ],
    [
      'a file in the place of a link',
      [
        { path: 'a', type: 'SymbolicLink', linkpath: 'b' },
        { path: './a', content: 'x' },
      ],
      /is there twice/,
    ],
    ['a hard link out', [{ path: 'a', type: 'Link', linkpath: '../../etc/passwd' }], /hard link to no file/],
    [
      'a hard link to a link',
      [
        { path: 'a', type: 'SymbolicLink', linkpath: 'b' },
        { path: 'c', type: 'Link', linkpath: 'a' },
      ],
      /hard link to no file/,
    ],
    ['a deep path', [{ path: 'd/'.repeat(110), type: 'Directory' }], /too long a path/],
  ])('refuses %s', async (_name, entries, expected) => {
    expect(await refusal(gzipSync(tarBytes(entries)))).toMatch(expected);
  });

  test('refuses more content than allowed', async () => {
    expect(await refusal(gzipSync(tarBytes([{ path: 'a', content: 'x'.repeat(2000) }])), 1000)).toMatch(
      /^ARTIFACT_TOO_LARGE/,
    );
  });

  test('refuses a bomb of zeros behind the end of the archive', async () => {
    const bomb = gzipSync(Buffer.concat([tarBytes([{ path: 'a' }]), Buffer.alloc(8 * MIB)]));
    expect(await refusal(bomb, 1000)).toMatch(/^ARTIFACT_TOO_LARGE/);
  });

  test('refuses an archive in an archive’s compression', async () => {
    expect(await refusal(gzipSync(gzipSync(tarBytes([{ path: 'a' }]))))).toMatch(/compressed twice/);
  });

  test.each([0.3, 0.6, 0.99])('refuses an archive of which only %d is there', async (part) => {
    const whole = gzipSync(tarBytes([{ path: 'a', content: 'abc'.repeat(3000) }]));
    expect(await refusal(whole.subarray(0, Math.floor(whole.length * part)))).toMatch(/^ARTIFACT_INVALID/);
  });

  test('refuses a tar whose last file is cut off', async () => {
    expect(await refusal(gzipSync(tarBytes([{ path: 'a', content: 'x'.repeat(5000) }]).subarray(0, 2048)))).toMatch(
      /^ARTIFACT_INVALID/,
    );
  });

  test('takes no set-user-id and makes everything readable for its owner', async () => {
    const digest = await receive(
      gzipSync(
        tarBytes([
          { path: 'a', mode: 0o4755 },
          { path: 'b', mode: 0 },
          { path: 'd/', type: 'Directory', mode: 0 },
        ]),
      ),
    );
    const into = await folder('modes');
    await store.unpack(digest, into, MIB);
    const modes = await Promise.all(['a', 'b', 'd'].map(async (name) => (await lstat(join(into, name))).mode & 0o7777));
    expect(modes).toEqual([0o755, 0o644, 0o755]);
  });

  test('takes hard links between its own files', async () => {
    const digest = await receive(
      gzipSync(
        tarBytes([
          { path: 'a', content: 'same' },
          { path: 'b', type: 'Link', linkpath: 'a' },
        ]),
      ),
    );
    const into = await folder('hard');
    await store.unpack(digest, into, MIB);
    expect(await readFile(join(into, 'b'), 'utf8')).toBe('same');
  });

  test('whatever is flipped in an archive, it is unpacked or refused, and nothing is left outside', async () => {
    const whole = gzipSync(
      tarBytes([
        { path: 'a', content: 'x' },
        { path: 'b', type: 'SymbolicLink', linkpath: 'a' },
      ]),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at] = bytes[at]! ^ change;
        if (at < 2) return;
        const into = await folder('fuzzed');
        const outcome = await store.unpack(await receive(bytes), into, MIB).then(
          () => 'unpacked',
          (error: unknown) => error,
        );
        expect(outcome === 'unpacked' || outcome instanceof ArtifactError).toBe(true);
        await rm(into, { recursive: true });
        expect((await readdir(root)).sort()).toEqual(['store']);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the store', () => {
  test('knows no digest that is none', async () => {
    for (const digest of ['', '../x', 'sha256-', `sha256-${'0'.repeat(64)}`])
      expect(await store.path(digest)).toBeUndefined();
    await expect(store.unpack('../../etc', root, 1)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });

  test('forgets what is deleted, and half of what a crash left', async () => {
    const { digest } = await store.pack(await tree('first'));
    const [listed] = await store.list();
    expect(listed).toMatchObject({ name: digest });
    expect(await store.delete(digest, listed!)).toBe(true);
    expect(await store.delete(digest, listed!)).toBe(false);
    expect(await store.list()).toEqual([]);
    await writeFile(join(root, 'store/incoming/half'), 'x');
    await createArtifactStore({ directory: join(root, 'store') });
    expect(await readdir(join(root, 'store/incoming'))).toEqual([]);
  });

  test('keeps what has been stored again since it was listed', async () => {
    const { digest } = await store.pack(await tree('first'));
    const [listed] = await store.list();
    await utimes((await store.path(digest))!, 0, 1000);
    expect(await store.delete(digest, listed!)).toBe(false);
    expect(await store.path(digest)).toBeDefined();
  });
});
