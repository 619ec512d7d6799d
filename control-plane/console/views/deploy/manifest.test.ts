import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { parseManifests } from '../../../../schema/manifests/parse.ts';
import { writeYaml } from '../../manifests/write.ts';
import { fallbacksOf, type Json } from '../../manifests/cartridge.ts';
import { writtenBytes } from '../../manifests/quantities.ts';
import { draftOfComponent, EMPTY, type DeployDraft } from './draft.ts';
import { writeManifest } from './manifest.ts';

const NODEJS = { name: 'nodejs', manifest: { spec: { ports: [{ name: 'http', protocol: 'http' }] } } };
const WORKER = { name: 'worker', manifest: { spec: { ports: [] } } };
const FILLED: DeployDraft = { ...EMPTY, url: 'https://git.example.org/team/Shop.git', cartridge: 'nodejs' };

const componentsOf = (manifest: Json) => (manifest.spec as { components: Json[] }).components;

test('a repository and a cartridge are enough for an application', () => {
  const written = writeManifest(FILLED, null, NODEJS);
  expect(written).toEqual({
    application: 'shop',
    alias: 'web',
    effect: { kind: 'new-application' },
    expectedGeneration: 0,
    faults: [],
    manifest: {
      apiVersion: 'cartwright.dev/v1',
      kind: 'Application',
      metadata: { name: 'shop' },
      spec: {
        components: [
          {
            kind: 'cartridge',
            alias: 'web',
            cartridge: 'nodejs',
            source: { git: { url: 'https://git.example.org/team/Shop.git' } },
          },
        ],
      },
    },
  });
});

test('what serves no HTTP is called a worker', () => {
  expect(writeManifest(FILLED, null, WORKER).alias).toBe('worker');
});

test('an empty form has no faults but that something is needed', () => {
  const { faults } = writeManifest(EMPTY, null, undefined);
  expect(faults.map(({ path }) => path.join('.'))).toEqual(['source.git.url', 'cartridge', 'application']);
  expect(faults.every(({ isMissing }) => isMissing)).toBe(true);
});

test('all that was filled in stands in the manifest', () => {
  const draft: DeployDraft = {
    ...FILLED,
    follow: 'tag',
    reference: 'v1',
    directory: 'packages/web',
    credentials: 'forge',
    update: 'manual',
    application: 'store',
    alias: 'front',
    variables: { environment: [{ name: 'GREETING', value: 'hello' }] },
    settings: { concurrency: '16', resources: { memoryBytes: '256Mi' }, start: ['node', 'server.js'] },
    scaling: 'bounds',
    bounds: { minimum: '2', maximum: '12' },
    deployment: 'everywhere',
  };
  const { manifest, faults } = writeManifest(draft, null, NODEJS);
  expect(faults).toEqual([]);
  expect(componentsOf(manifest)).toEqual([
    {
      kind: 'cartridge',
      alias: 'front',
      cartridge: 'nodejs',
      source: {
        git: {
          url: 'https://git.example.org/team/Shop.git',
          tag: 'v1',
          directory: 'packages/web',
          credentials: 'forge',
          update: 'manual',
        },
      },
      environment: { GREETING: 'hello' },
      concurrency: 16,
      resources: { memoryBytes: '256Mi' },
      start: ['node', 'server.js'],
      autoscaling: { minimum: 2, maximum: 12 },
      deployment: 'everywhere',
    },
  ]);
  expect(parseManifests(writeYaml(manifest), 'made')).toMatchObject({ ok: true });
});

test.each([
  [{ url: 'https://me:secret@git.example.org/a' }, 'source.git.url', 'without user and password'],
  [{ url: 'has spaces' }, 'source.git.url', 'expected a URL'],
  [{ follow: 'branch', reference: '../x' }, 'source.git.reference', 'branch or tag'],
  [{ follow: 'commit', reference: 'abc' }, 'source.git.reference', '40 hex digits'],
  [{ follow: 'branch' }, 'source.git.reference', 'needed'],
  [{ directory: '../up' }, 'source.git.directory', 'inside the repository'],
  [{ application: 'Shop' }, 'application', 'lower-case'],
  [{ alias: '9' }, 'alias', 'lower-case'],
  [{ variables: { environment: [{ name: 'PORT', value: '1' }] } }, 'environment.PORT', 'set by the platform'],
  [{ settings: { concurrency: 'many' } }, 'concurrency', 'whole number'],
  [{ settings: { resources: { memoryBytes: '1 GB' } } }, 'resources.memoryBytes', 'memory'],
  [{ scaling: 'bounds', bounds: { minimum: '5', maximum: '2' } }, 'autoscaling.maximum', 'at least the minimum'],
  [{ scaling: 'policy' }, 'autoscaling', 'needed'],
] as const)('%j is a fault of %s', (changed, path, words) => {
  const { faults } = writeManifest({ ...FILLED, ...changed }, null, NODEJS);
  expect(faults.map((fault) => fault.path.join('.'))).toEqual([path]);
  expect(faults[0]!.message.toLowerCase()).toContain(words.toLowerCase());
});

const STORED = {
  generation: 7,
  manifest: {
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop', labels: { team: 'checkout' } },
    spec: {
      components: [
        { kind: 'cartridge', alias: 'docs', cartridge: 'static', environment: {} },
        {
          kind: 'cartridge',
          alias: 'web',
          cartridge: 'php',
          source: { git: { url: 'https://old.example.org/a.git', branch: 'main', update: 'automatic' } },
          environment: { OLD: '1' },
          resources: { memoryBytes: 536_870_912 },
          autoscaling: { minimum: 2, tolerance: 0.2 },
        },
      ],
      limits: { concurrent: 500 },
    },
  },
};

test('a component is added to an application that exists, and the others stay', () => {
  const { manifest, effect, expectedGeneration } = writeManifest({ ...FILLED, alias: 'api' }, STORED, NODEJS);
  expect(effect).toEqual({ kind: 'new-component' });
  expect(expectedGeneration).toBe(7);
  expect(manifest).toMatchObject({ metadata: { labels: { team: 'checkout' } }, spec: { limits: { concurrent: 500 } } });
  expect(componentsOf(manifest).map(({ alias }) => alias)).toEqual(['docs', 'web', 'api']);
});

test('a component that exists takes the new source and keeps what was not filled in, its cartridge too', () => {
  const { manifest, effect } = writeManifest({ ...FILLED, cartridge: '' }, STORED, undefined);
  expect(effect).toMatchObject({ kind: 'changed-component' });
  expect(componentsOf(manifest)[1]).toEqual({
    ...STORED.manifest.spec.components[1],
    source: { git: { url: 'https://git.example.org/team/Shop.git' } },
  });
});

test('what is emptied of a form that began with what is stored is taken away, and what the form does not ask for stays', () => {
  const draft = draftOfComponent('shop', STORED.manifest.spec.components[1]!);
  expect(draft).toMatchObject({ follow: 'branch', reference: 'main', scaling: 'bounds', bounds: { minimum: '2' } });
  expect(componentsOf(writeManifest(draft, STORED, undefined).manifest)[1]).toEqual({
    kind: 'cartridge',
    alias: 'web',
    cartridge: 'php',
    source: { git: { url: 'https://old.example.org/a.git', branch: 'main' } },
    environment: { OLD: '1' },
    resources: { memoryBytes: '512Mi' },
    autoscaling: { minimum: 2, tolerance: 0.2 },
  });
  const emptied = { ...draft, variables: undefined, bounds: { minimum: '' }, settings: undefined };
  expect(componentsOf(writeManifest(emptied, STORED, undefined).manifest)[1]).toEqual({
    kind: 'cartridge',
    alias: 'web',
    cartridge: 'php',
    source: { git: { url: 'https://old.example.org/a.git', branch: 'main' } },
    autoscaling: { tolerance: 0.2 },
  });
});

test('the cartridge’s own values are shown as people write them', () => {
  const manifest = {
    spec: {
      concurrency: 8,
      resources: { cpuCores: 0.5, memoryBytes: 134_217_728 },
      environment: { NODE_ENV: 'production' },
    },
  };
  expect(fallbacksOf({ name: 'nodejs', manifest })).toEqual({
    settings: { concurrency: 8, resources: { cpuCores: 0.5, memoryBytes: '128Mi' } },
    variables: { environment: { NODE_ENV: 'production' } },
  });
  expect(fallbacksOf(undefined)).toEqual({ settings: {}, variables: {} });
  expect(writtenBytes(1_000)).toBe(1_000);
});

test('whatever somebody types, the YAML says what the manifest says', () => {
  const draft = fc.record({
    url: fc.string({ unit: 'grapheme' }),
    reference: fc.string(),
    directory: fc.string(),
    application: fc.string(),
    alias: fc.string(),
    cartridge: fc.string(),
  });
  fc.assert(
    fc.property(draft, fc.array(fc.tuple(fc.string(), fc.string())), (typed, variables) => {
      const environment = variables.map(([name, value]) => ({ name, value }));
      const { manifest } = writeManifest({ ...EMPTY, ...typed, variables: { environment } }, null, undefined);
      expect(parse(writeYaml(manifest))).toEqual(JSON.parse(JSON.stringify(manifest)));
    }),
  );
});
