import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { cartridgeManifest } from '../../../schema/manifests/cartridge.ts';

const CARTRIDGE = join(import.meta.dirname, '..');

test('the manifest is a valid cartridge that needs no artifact', () => {
  const manifest = cartridgeManifest.parse(parse(readFileSync(join(CARTRIDGE, 'cartridge.yaml'), 'utf8')));
  expect(manifest.spec).toMatchObject({ category: 'load-balancer', artifact: { required: false } });
});

describe('the start hook', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lb hook '));
    mkdirSync(join(folder, 'cartridges/lb'), { recursive: true });
    cpSync(join(CARTRIDGE, 'hooks'), join(folder, 'cartridges/lb/hooks'), { recursive: true });
    // A node that says what it was asked to run.
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/node'), '#!/bin/sh\nfor last; do :; done\nprintf %s "$last"\n');
    chmodSync(join(folder, 'bin/node'), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = () =>
    spawnSync(join(folder, 'cartridges/lb/hooks/start'), {
      cwd: tmpdir(),
      env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` },
      encoding: 'utf8',
    });

  test('runs the bundle of the package it belongs to, from wherever it is called', () => {
    mkdirSync(join(folder, 'dist/cartridges/lb'), { recursive: true });
    const bundle = join(folder, 'dist/cartridges/lb/lb.mjs');
    writeFileSync(bundle, '');
    const { status, stdout } = run();
    expect(status).toBe(0);
    expect(execFileSync('realpath', [stdout], { encoding: 'utf8' }).trim()).toBe(bundle);
  });

  test('says what to do where there is none', () => {
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain('npm run build');
  });
});
