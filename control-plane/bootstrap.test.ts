import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createArtifactStore } from './adapters/artifacts/store.ts';
import { createRuntimes } from './adapters/cartridges/runtimes.ts';
import { CartridgeVersions } from './adapters/cartridges/versions.ts';
import type { Store } from './app/ports/store.ts';
import { hashOf } from './app/ask/authenticate.ts';
import { type CartridgeRecord, IMAGE_DIRECTORY } from './app/records/cartridges.ts';
import type { TokenRecord } from './app/records/tenants.ts';
import { ensureAdminToken, forgetLostCartridges, installCartridges, tellUnusable } from './bootstrap.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cartwright-bootstrap-'));
});

afterEach(() => rm(directory, { recursive: true }));

async function openVersions(): Promise<CartridgeVersions> {
  const artifacts = await createArtifactStore({ directory: join(directory, '.artifacts') });
  const versions = new CartridgeVersions({ directory: join(directory, '.versions'), artifacts, bundles: directory });
  await versions.open();
  return versions;
}

test('a cartridge that requires what this machine lacks is installed, and the lack is said at the start', async () => {
  await mkdir(join(directory, 'cobol'));
  await writeFile(
    join(directory, 'cobol', 'cartridge.yaml'),
    'apiVersion: cartwright.dev/v1\nkind: Cartridge\nmetadata: {name: cobol}\nspec:\n  version: "1"\n  category: framework\n' +
      '  runtimes: [process]\n  hooks: {start: start}\n  requires:\n    - {command: no-such-cobol, purpose: compiles}\n    - {command: sh, purpose: runs}\n',
  );
  await writeFile(join(directory, 'cobol', 'start'), '#!/bin/sh\n', { mode: 0o755 });
  const saved: CartridgeRecord[] = [];
  const cartridges = {
    find: () => Promise.resolve([...saved]),
    save: (record: CartridgeRecord) => Promise.resolve(saved.push(record)),
  };
  const store = { cartridges, releases: { find: () => Promise.resolve([]) } } as unknown as Store;
  const told: unknown[] = [];
  await installCartridges(store, directory, await openVersions(), { now: 0, logger: { warn: () => undefined } });
  expect(saved).toMatchObject([{ name: 'cobol', generation: 1, digest: expect.stringMatching(/^sha256-/) }]);
  expect(await readdir(saved[0]!.directory)).toEqual(['cartridge.yaml', 'start']);
  await tellUnusable(store, createRuntimes('/usr/bin:/bin'), { info: (fields: unknown) => told.push(fields) });
  expect(told).toEqual([{ cartridge: 'cobol', why: expect.stringContaining('lacks no-such-cobol (compiles)') }]);
});

test('the operator’s token counts only once somebody has it, wherever the start is cut short', async () => {
  const stored: TokenRecord[] = [];
  const tokens = {
    find: () => Promise.resolve(stored),
    save: (record: TokenRecord) => Promise.resolve(stored.push(record)),
  };
  const handedOver: string[] = [];
  const start = (handOver: (token: string) => Promise<void>) =>
    ensureAdminToken({ tokens } as unknown as Store, handOver, 0);
  await expect(start(() => Promise.reject(new Error('the disk is full')))).rejects.toThrow('full');
  expect(stored).toEqual([]);
  await start(async (token) => void handedOver.push(token));
  expect(stored.map(({ hash }) => hash)).toEqual(handedOver.map(hashOf));
  await start(() => Promise.reject(new Error('there is one')));
  expect(stored).toHaveLength(1);
});

test('a cartridge whose folder is gone is forgotten, and no other one', async () => {
  await mkdir(join(directory, 'there'));
  await writeFile(join(directory, 'there', 'cartridge.yaml'), 'kind: Cartridge\n');
  const records = [
    ...['there', 'gone'].map((name) => ({ uid: name, name, directory: join(directory, name) })),
    // An image has no folder here.
    { uid: 'applied', name: 'applied', directory: IMAGE_DIRECTORY },
  ];
  const deleted: string[] = [];
  const cartridges = {
    find: () => Promise.resolve(records),
    delete: (uid: string) => Promise.resolve(deleted.push(uid)),
  };
  const warnings: unknown[] = [];
  const warn = (fields: unknown): void => void warnings.push(fields);
  await forgetLostCartridges({ cartridges } as unknown as Store, directory, { warn });
  expect(deleted).toEqual(['gone']);
  expect(warnings).toMatchObject([{ cartridge: 'gone' }]);
});
