/** A disk that is full while a source or an artifact is written: told as that, and nothing stays by half. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestRepository } from '../../control-plane/adapters/git/testing/repository.ts';

let root: string;
let told: Record<string, unknown>[];

/** In a mount namespace that ends with the program, with a file system of two mebibytes; root is not needed. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'full-disk-'));
  const repository = new TestRepository(join(root, 'repository'));
  repository.write('noise', randomBytes(4 * 1024 * 1024));
  repository.commit('noise');
  const small = join(root, 'small');
  const script = `mkdir ${small} && mount -t tmpfs -o size=2m tmpfs ${small} && exec "$0" --no-warnings "$@"`;
  const program = join(import.meta.dirname, 'full-disk-program.ts');
  const parameters = ['--map-root-user', '--mount', 'sh', '-c', script, process.execPath, program, small, root];
  const { stdout } = await promisify(execFile)('unshare', parameters);
  told = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('the artifact store says so, and keeps nothing of what it could not', () => {
  expect(told[0]).toEqual({
    pack: expect.stringMatching(/^DISK_FULL: no room on the disk while packing an artifact/),
    receive: expect.stringMatching(/^DISK_FULL: no room on the disk while receiving an archive/),
    unpack: expect.stringMatching(/^DISK_FULL: no room on the disk while unpacking an archive/),
    left: ['incoming'],
  });
});

test('a source is refused as that, whether its commit or its files have no room', () => {
  expect(told[1]).toEqual({
    checkout: expect.stringMatching(/^DISK_FULL: there is no room on the disk for the source/),
    mirror: expect.stringMatching(/^DISK_FULL: /),
    left: [],
  });
});

test('an instance says so of the archive and of its files', () => {
  expect(told[2]).toEqual({
    unpack: expect.stringMatching(/^artifact-disk-full: no space to unpack the archive/),
    download: expect.stringMatching(/^artifact-disk-full: no space for the archive/),
  });
});
