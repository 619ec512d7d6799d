import { expect, test } from '@jest/globals';
import { upgradeManifest, type Upgrade } from './upgrade.ts';

test('a manifest of the present version is left as it is', () => {
  const manifest = { apiVersion: 'cartwright.dev/v1', kind: 'Application', spec: { a: 1 } };
  expect(upgradeManifest(manifest)).toEqual({ ok: true, manifest });
});

test.each([
  ['cartwright.dev/v2', '"cartwright.dev/v2"'],
  [undefined, 'nothing'],
  [1, 'no text'],
  ['__proto__', '"__proto__"'],
])('the unknown apiVersion %s is refused by name', (apiVersion, found) => {
  expect(upgradeManifest({ apiVersion })).toEqual({
    ok: false,
    message: `unknown apiVersion: found ${found}; this program reads cartwright.dev/v1`,
  });
});

test('each version leads to the next one, and the argument stays as it was', () => {
  const upgrades: Record<string, Upgrade> = {
    older: { to: 'old', apply: (manifest) => ({ ...manifest, steps: ['older'] }) },
    old: { to: 'cartwright.dev/v1', apply: (manifest) => ({ ...manifest, steps: [manifest.steps, 'old'] }) },
  };
  const manifest = Object.freeze({ apiVersion: 'older' });
  expect(upgradeManifest(manifest, upgrades)).toEqual({
    ok: true,
    manifest: { apiVersion: 'cartwright.dev/v1', steps: [['older'], 'old'] },
  });
});
