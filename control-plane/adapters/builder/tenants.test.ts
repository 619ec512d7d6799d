import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually.ts';
import { ownerOf, readStat, runs } from '../process/kernel.ts';
import { openTenantUsers, type TenantUsers } from '../users/tenant-users.ts';
import { createBuilder } from './builder.ts';
import { createBuildFolders } from './folders.ts';

const RANGE = { from: 330_000, to: 330_009 };
let root: string;
let data: string;
let lines: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'builds-of-tenants-'));
  chmodSync(root, 0o755);
  data = join(root, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'secret.keys'), 'key');
  mkdirSync(join(root, 'cartridge'));
  lines = [];
});
afterEach(() => rmSync(root, { recursive: true }));

if (process.getuid?.() === 0) {
  let users: TenantUsers;
  beforeEach(async () => {
    const identify = async (tenant: string) => tenant;
    users = await openTenantUsers({ dataDirectory: data, range: RANGE, identify });
  });

  /** Builds what root has put into a scratch copy; resolves to its folder. */
  async function build(tenant: string, script: string, cluster = `cluster-of-${tenant}`): Promise<string> {
    writeFileSync(join(root, 'cartridge/build'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(root, 'cartridge/build'), 0o755);
    const folders = await createBuildFolders(join(data, 'builds'));
    const { path } = await folders.scratch('b1');
    mkdirSync(join(path, 'src'));
    writeFileSync(join(path, 'src/index.js'), 'source');
    const request = {
      build: `build-${tenant}`,
      tenant,
      directory: path,
      cartridgeDirectory: join(root, 'cartridge'),
      hook: 'build',
      environment: {},
      start: undefined,
      cacheDirectory: folders.cache(cluster),
      timeoutSeconds: 20,
      maximumBytes: 1_000_000,
    };
    await createBuilder({ users, graceSeconds: 0.2 }).run(
      request,
      (line) => lines.push(line),
      new AbortController().signal,
    );
    return path;
  }

  test('a build runs as its tenant’s user, and may change its copy, its cache and its home', async () => {
    const path = await build(
      'acme',
      'id -u; id -g; id -G; echo built > src/index.js; echo kept > $CARTWRIGHT_CACHE/kept; echo x > $HOME/x; echo x > $TMPDIR/x',
    );
    expect(lines).toEqual(['330000', '330000', '330000']);
    expect(readFileSync(join(path, 'src/index.js'), 'utf8')).toBe('built\n');
    lines = [];
    await build('acme', 'cat $CARTWRIGHT_CACHE/kept; ls $CARTWRIGHT_CACHE');
    expect(lines).toEqual(['kept', 'home', 'kept', expect.stringMatching(/^tmp-/)]);
  });

  test('it reads nothing of the control plane’s and nothing of another tenant’s cache', async () => {
    await build('acme', 'echo kept > $CARTWRIGHT_CACHE/kept');
    const cache = join(data, 'builds/cache/cluster-of-acme');
    await build(
      'rival',
      `for path in ${data}/secret.keys ${cache}/kept; do cat $path 2>&1; done; ls ${data}/builds/scratch 2>&1; true`,
    );
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/Permission denied/);
  });

  test('what leaves the build, and forgets whose it was, is ended before anybody reads the result', async () => {
    const path = await build('acme', 'env -i setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!; sleep 0.2');
    const left = Number(lines[0]);
    await eventually('it has ended', () => !runs(readStat(left)) || ownerOf(left) !== 330_000);
    expect(statSync(path)).toMatchObject({ uid: 0 });
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('a cache of before, which is not the tenant’s, is made anew', async () => {
    mkdirSync(join(data, 'builds/cache/c1'));
    writeFileSync(join(data, 'builds/cache/c1/old'), '');
    await build('acme', 'ls $CARTWRIGHT_CACHE', 'c1');
    expect(lines).not.toContain('old');
    chownSync(join(data, 'builds/cache/c1'), 0, 0);
  });

  test('a failed build’s folder is taken back as well', async () => {
    await expect(build('acme', 'exit 3')).rejects.toMatchObject({ code: 'BUILD_FAILED' });
    const folders = await createBuildFolders(join(data, 'builds'));
    expect(await folders.scratch('b2')).toBeDefined();
  });
} else
  test('without root builds run as the control plane’s user', () => {
    expect(process.getuid?.()).not.toBe(0);
  });
