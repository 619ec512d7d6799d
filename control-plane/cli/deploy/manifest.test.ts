import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { NAME_PATTERN } from '../../../schema/ids.ts';
import { parseManifests } from '../../../schema/manifests/parse.ts';
import { applicationsIn, makeManifest, makeName, outline, withGitSource } from './manifest.ts';

test('a made manifest is one that the platform accepts', () => {
  for (const git of [
    undefined,
    { url: 'https://git.example/shop.git' },
    { url: 'https://git.example/shop.git', branch: 'main' },
  ]) {
    const manifest = makeManifest({ name: 'shop', alias: 'web', cartridge: 'nodejs', git });
    expect(parseManifests(JSON.stringify(manifest), 'made')).toMatchObject({ ok: true });
    expect(outline(manifest)).toEqual({
      name: 'shop',
      tenant: undefined,
      components: [{ alias: 'web', cartridge: 'nodejs', gitUrl: git?.url }],
      manifest,
    });
  }
});

test('a Git source replaces the one before and keeps what else was said of it', () => {
  const before = {
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: {
      components: [
        { alias: 'web', source: { git: { url: 'https://old', tag: 'v1', directory: 'site', update: 'manual' } } },
        { alias: 'api', source: { git: { url: 'https://other' } } },
      ],
    },
  };
  expect(withGitSource(before, 'web', { url: 'https://new', branch: 'main' })).toMatchObject({
    spec: {
      components: [
        { alias: 'web', source: { git: { url: 'https://new', branch: 'main', directory: 'site', update: 'manual' } } },
        { alias: 'api', source: { git: { url: 'https://other' } } },
      ],
    },
  });
  expect(before.spec.components[0]?.source.git.url).toBe('https://old');
});

test('the applications of a file are found among its other documents', () => {
  const text =
    'kind: AutoscalingPolicy\nmetadata: {name: calm}\n---\nkind: Application\nmetadata: {name: shop, tenant: acme}\nspec: {components: [{alias: web}]}\n---\n';
  expect(applicationsIn(text)).toMatchObject([{ name: 'shop', tenant: 'acme', components: [{ alias: 'web' }] }]);
});

test.each([
  ['My Shop', 'my-shop'],
  ['2048-game', 'game'],
  ['Café_Été', 'cafe-ete'],
  ['--x--', 'x'],
  ['a'.repeat(39) + '-b', 'a'.repeat(39)],
])('a folder called "%s" makes an application "%s"', (folder, name) => {
  expect(makeName(folder)).toBe(name);
});

test('a made name is always valid, or refused with what to do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (folder) => {
      try {
        expect(makeName(folder)).toMatch(NAME_PATTERN);
      } catch (error) {
        expect((error as Error).message).toContain('add --name');
      }
    }),
  );
});
