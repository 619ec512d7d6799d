import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import type { BuildRequest } from '../../app/ports/artifacts.ts';
import { isRunning, readStat, type ProcessIdentity } from '../process/kernel.ts';
import { createBuilder, type BuilderOptions } from './builder.ts';

let root: string;
let lines: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'builder-'));
  lines = [];
  for (const name of ['source', 'cartridge', 'cache']) await mkdir(join(root, name));
});
afterEach(() => rm(root, { recursive: true }));

interface Case {
  readonly request?: Partial<BuildRequest>;
  readonly options?: BuilderOptions;
  readonly signal?: AbortSignal;
}

async function build(script: string | undefined, { request, options, signal }: Case = {}): Promise<void> {
  if (script !== undefined) await writeFile(join(root, 'cartridge/build'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const builder = createBuilder({ graceSeconds: 0.2, ...options });
  await builder.run(
    {
      tenant: 'acme',
      build: `build-${Math.random().toString(36).slice(2)}`,
      directory: join(root, 'source'),
      cartridgeDirectory: join(root, 'cartridge'),
      hook: script === undefined ? undefined : 'build',
      environment: { FLAVOUR: 'plain' },
      start: undefined,
      cacheDirectory: join(root, 'cache'),
      timeoutSeconds: 20,
      maximumBytes: 1_000_000,
      ...request,
    },
    (text) => lines.push(text),
    signal ?? new AbortController().signal,
  );
}

function pidIn(file: string): Promise<ProcessIdentity> {
  return eventually(`a process id in ${file}`, async () => {
    const pid = Number((await readFile(join(root, file), 'utf8')).trim());
    return pid > 0 && readStat(pid);
  });
}

describe('a build', () => {
  test('changes the source’s folder and is heard line by line, from both streams', async () => {
    await build('echo one; echo two >&2; printf "three without an end"; echo made > result');
    expect(await readFile(join(root, 'source/result'), 'utf8')).toBe('made\n');
    expect([...lines].sort()).toEqual(['one', 'three without an end', 'two']);
  });

  test('without a hook has nothing to do but to be small enough', async () => {
    await writeFile(join(root, 'source/a'), 'x'.repeat(100));
    await build(undefined);
    await expect(build(undefined, { request: { maximumBytes: 99 } })).rejects.toMatchObject({
      code: 'BUILD_TOO_LARGE',
    });
  });

  test('sees nothing of the control plane’s environment', async () => {
    process.env.CARTWRIGHT_TEST_SECRET = 'hunter2';
    try {
      await build('env | sort > environment; echo "$CARTWRIGHT_CACHE" > cache; [ -d "$HOME" ] && [ -d "$TMPDIR" ]', {
        options: { environment: { http_proxy: 'http://proxy.example' } },
      });
    } finally {
      delete process.env.CARTWRIGHT_TEST_SECRET;
    }
    const text = await readFile(join(root, 'source/environment'), 'utf8');
    const names = text.split('\n').map((entry) => entry.split('=')[0]);
    expect(text).not.toContain('hunter2');
    expect(
      names.filter((name) => name !== '' && name !== 'PWD' && name !== '_' && name !== 'OLDPWD' && name !== 'SHLVL'),
    ).toEqual([
      'CARTWRIGHT_BUILD',
      'CARTWRIGHT_CACHE',
      'CARTWRIGHT_CARTRIDGE',
      'CI',
      'FLAVOUR',
      'HOME',
      'LANG',
      'PATH',
      'TMPDIR',
      'http_proxy',
    ]);
    expect(await readdir(join(root, 'cache'))).toEqual(['home']);
  });

  test('is told of the start command of its component', async () => {
    await build('echo "$CARTWRIGHT_START"', { request: { start: ['node', 'server.js'] } });
    expect(lines).toEqual(['node server.js']);
  });

  test('keeps its cache from one run to the next', async () => {
    await build('echo kept > "$CARTWRIGHT_CACHE/thing"');
    await build('cat "$CARTWRIGHT_CACHE/thing"');
    expect(lines).toEqual(['kept']);
  });

  test('that fails says how and its last lines', async () => {
    const run = build('echo compiling; echo "error: no such module" >&2; exit 3');
    await expect(run).rejects.toThrow(/exit code 3: .*error: no such module/);
    await expect(run).rejects.toMatchObject({ code: 'BUILD_FAILED' });
  });

  test('that kills itself is a failed one', async () => {
    await expect(build('kill -9 $$')).rejects.toThrow('the build ended with signal SIGKILL');
  });

  test('that takes too long ends with all that it has started', async () => {
    const run = build('sleep 600 & echo $! > ../child; trap "" TERM; sleep 600', { request: { timeoutSeconds: 0.5 } });
    const refused = expect(run).rejects.toMatchObject({ code: 'BUILD_TIMED_OUT' });
    const child = await pidIn('child');
    await refused;
    expect(isRunning(child)).toBe(false);
  });

  test('leaves nothing behind that it forked away into a session of its own', async () => {
    await build(
      'setsid sh -c "echo \\$\\$ > ../daemon; exec sleep 600" & while [ ! -s ../daemon ]; do sleep 0.01; done',
    );
    const pid = Number(await readFile(join(root, 'daemon'), 'utf8'));
    expect(['Z', 'X', undefined]).toContain(readStat(pid)?.state);
  });

  test('ends at once when it is cancelled', async () => {
    const controller = new AbortController();
    const run = build('echo $$ > ../self; sleep 600', { signal: controller.signal });
    const refused = expect(run).rejects.toMatchObject({ code: 'BUILD_CANCELLED' });
    const self = await pidIn('self');
    controller.abort();
    await refused;
    expect(isRunning(self)).toBe(false);
    await expect(build('true', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'BUILD_CANCELLED' });
  });

  test('whose result is too large is refused', async () => {
    await expect(build('head -c 2000 /dev/zero > big', { request: { maximumBytes: 1000 } })).rejects.toMatchObject({
      code: 'BUILD_TOO_LARGE',
    });
  });

  test('that fills the disk is stopped while it does', async () => {
    const run = build('head -c 100000 /dev/zero > big; sleep 600', {
      request: { maximumBytes: 1000 },
      options: { sizeIntervalSeconds: 0.05 },
    });
    await expect(run).rejects.toMatchObject({ code: 'BUILD_TOO_LARGE' });
  });

  test('that talks without end is cut in the middle', async () => {
    await build('seq 1 30000; head -c 100000 /dev/zero | tr "\\0" y');
    expect(lines.slice(0, 2)).toEqual(['1', '2']);
    expect(lines.find((text) => text.includes('left out'))).toMatch(/^… \d+ lines left out …$/);
    expect(lines).toContain('30000');
    expect(lines.length).toBeLessThan(10_060);
    expect(Math.max(...lines.map((text) => text.length))).toBeLessThanOrEqual(4001);
  });

  test('shows no control characters', async () => {
    await build(`printf '\\033[31mred\\033[0m\\007 \\303\\274 \\377\\r\\n50%%\\r100%%\\n\\n'`);
    expect(lines).toEqual(['red ü \uFFFD', '50%', '100%']);
  });
});

describe('a hook', () => {
  test('that is missing, not executable or outside is named', async () => {
    await expect(build('true', { request: { hook: 'nothing' } })).rejects.toMatchObject({ code: 'BUILD_HOOK_MISSING' });
    await writeFile(join(root, 'cartridge/plain'), 'x', { mode: 0o644 });
    await expect(build('true', { request: { hook: 'plain' } })).rejects.toThrow(
      "the cartridge's build hook plain is missing or not executable",
    );
    await expect(build('true', { request: { hook: '../outside' } })).rejects.toThrow('lies outside');
    await mkdir(join(root, 'cartridge/folder'));
    await expect(build('true', { request: { hook: 'folder' } })).rejects.toThrow('is no file');
  });

  test('whose interpreter is missing is explained', async () => {
    await writeFile(join(root, 'cartridge/odd'), '#!/no/such/interpreter\n', { mode: 0o755 });
    await expect(build('true', { request: { hook: 'odd' } })).rejects.toThrow(
      'the interpreter in its first line is not on this machine',
    );
  });
});
