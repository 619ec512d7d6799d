import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Store } from './app/ports/store.ts';
import { hashOf } from './app/ask/authenticate.ts';
import type { CartridgeRecord, TokenRecord } from './app/records.ts';
import { ensureAdminToken, installCartridges } from './bootstrap.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cartwright-bootstrap-'));
});

afterEach(() => rm(directory, { recursive: true }));

test('a cartridge that requires a program which this machine lacks is installed, and the lack is said at the start', async () => {
  await mkdir(join(directory, 'cobol'));
  await writeFile(
    join(directory, 'cobol', 'cartridge.yaml'),
    'apiVersion: cartwright.dev/v1\nkind: Cartridge\nmetadata: {name: cobol}\nspec:\n  version: "1"\n  category: framework\n' +
      '  runtimes: [process]\n  hooks: {start: start}\n  requires:\n    - {command: no-such-cobol, purpose: compiles}\n    - {command: sh, purpose: runs}\n',
  );
  await writeFile(join(directory, 'cobol', 'start'), '#!/bin/sh\n', { mode: 0o755 });
  const saved: CartridgeRecord[] = [];
  const cartridges = {
    find: () => Promise.resolve([]),
    save: (record: CartridgeRecord) => Promise.resolve(saved.push(record)),
  };
  const warnings: unknown[] = [];
  await installCartridges({ cartridges } as unknown as Store, directory, 0, {
    warn: (fields: unknown) => warnings.push(fields),
  });
  expect(saved.map(({ name }) => name)).toEqual(['cobol']);
  expect(warnings).toEqual([{ cartridge: 'cobol', command: 'no-such-cobol', purpose: 'compiles' }]);
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
