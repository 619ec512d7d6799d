import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findBuilder } from './builder.ts';
import { runProgram } from './run-program.ts';
import { StandInBuilder } from './testing/stand-in.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'builder-'));
});
afterEach(() => rm(folder, { recursive: true }));

const script = (name: string, text: string) => writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
const find = (asked?: string) => findBuilder(asked, runProgram, { env: { PATH: folder } });

describe('the builder', () => {
  test('is the first that works', async () => {
    await script('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    await script('podman', 'echo podman version 4');
    await script('buildah', 'echo buildah version 1');
    expect((await find()).name).toBe('podman');
    expect((await find('buildah')).name).toBe('buildah');
  });

  test('is missing with the reason of each, and what to do', async () => {
    await script('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    await expect(find()).rejects.toMatchObject({
      code: 'BUILDER_MISSING',
      message:
        'nothing on this machine builds images: docker does not work (Cannot connect to the Docker daemon); podman is not there; ' +
        'buildah is not there. Install one of them (Debian: apt-get install buildah)',
    });
    await expect(find('kaniko')).rejects.toThrow(/no builder "kaniko".*docker, podman, buildah/);
  });

  test('that fails to push says so with its last lines', async () => {
    const standIn = await StandInBuilder.make(folder);
    const builder = await findBuilder(undefined, runProgram, { env: standIn.env });
    await expect(builder.push('a:1', '127.0.0.1:1/refused:tag', true)).rejects.toMatchObject({
      code: 'PUSH_FAILED',
      message: expect.stringMatching(/127\.0\.0\.1:1\/refused:tag was not pushed.*buildah login/),
      lastLines: ['unauthorized'],
    });
  });
});
