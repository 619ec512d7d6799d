/** Whole manifests of every kind with anything wrong in them: read or refused with places, in bounded time, never thrown. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { damaged, hostileJson, mutated } from '../testing/hostile.ts';
import { checkManifest, parseManifests } from './parse.ts';

const ENVELOPE = { apiVersion: 'cartwright.dev/v1' };
const MANIFESTS = {
  Application: {
    ...ENVELOPE,
    kind: 'Application',
    metadata: { name: 'shop', labels: { tier: 'front' }, annotations: { note: 'a text' } },
    spec: {
      components: [
        {
          kind: 'cartridge',
          alias: 'web',
          cartridge: 'nodejs',
          source: { git: { url: 'https://example.org/shop.git', branch: 'main', directory: 'app' } },
          autoscaling: { minimum: 1, maximum: 5 },
          resources: { cpuCores: 0.5, memoryBytes: '128Mi' },
          routes: [{ host: 'shop.example.org', path: '/' }],
          environment: { GREETING: 'hello' },
        },
        { kind: 'cartridge', alias: 'api', cartridge: 'nodejs' },
      ],
    },
  },
  AutoscalingPolicy: {
    ...ENVELOPE,
    kind: 'AutoscalingPolicy',
    metadata: { name: 'calm' },
    spec: { minimum: 1, maximum: 10, factors: { loadAverage: { target: 70 } } },
  },
  Cartridge: {
    ...ENVELOPE,
    kind: 'Cartridge',
    metadata: { name: 'mine' },
    spec: { version: '1', category: 'framework', runtimes: ['process'], ports: [{ name: 'http', protocol: 'http' }] },
  },
  DeploymentPolicy: {
    ...ENVELOPE,
    kind: 'DeploymentPolicy',
    metadata: { name: 'anywhere' },
    spec: { partitions: [{ name: 'here', hostCluster: 'local', maximum: 5 }] },
  },
};

/** What every refusal promises: a file, places that are in the text, a message for a person. */
function check(text: string | Uint8Array): void {
  const result = parseManifests(text, 'app.yaml');
  if (result.ok) {
    expect(result.manifests.length).toBeGreaterThan(0);
    // What was read is stored, and read again from there.
    for (const manifest of result.manifests) expect(checkManifest(JSON.parse(JSON.stringify(manifest))).ok).toBe(true);
    return;
  }
  expect(result.errors.length).toBeGreaterThan(0);
  expect(result.errors.length).toBeLessThanOrEqual(51);
  for (const { file, code, message, line, column } of result.errors) {
    expect(file).toBe('app.yaml');
    expect(code).toMatch(/^MANIFEST_[A-Z_]+$/);
    expect(message).not.toMatch(/undefined|\[object|NaN|^Invalid input/);
    expect(message.length).toBeLessThan(2000);
    for (const place of [line, column]) if (place !== undefined) expect(place).toBeGreaterThan(0);
  }
}

describe.each(Object.entries(MANIFESTS))('a manifest of the kind %s', (_kind, manifest) => {
  test('is read as it stands', () => {
    expect(parseManifests(JSON.stringify(manifest), 'app.yaml')).toMatchObject({ ok: true });
  });

  test('with fields of any kind in it, as JSON and as YAML', () => {
    fc.assert(
      fc.property(mutated(manifest), (value) => {
        check(hostileJson(value));
        check(stringify(value, { aliasDuplicateObjects: false }));
      }),
      { numRuns: 60 },
    );
  });

  test('whose text is damaged, as JSON and as YAML', () => {
    for (const text of [JSON.stringify(manifest, undefined, 2), stringify(manifest)])
      fc.assert(fc.property(damaged(text), check), { numRuns: 60 });
  });

  test('indented with tabs is JSON or says where the tab is', () => {
    check(JSON.stringify(manifest, undefined, '\t'));
    const result = parseManifests(stringify(manifest).replaceAll('  ', '\t'), 'app.yaml');
    expect(result.ok ? undefined : result.errors[0]).toMatchObject({
      code: 'MANIFEST_SYNTAX',
      line: expect.any(Number),
    });
  });

  test('in another encoding is refused as such, with a byte order mark it is read', () => {
    const text = stringify({ ...manifest, metadata: { ...manifest.metadata, annotations: { note: 'é ü' } } });
    for (const bytes of [
      Buffer.from(text, 'utf16le'),
      Buffer.from(`\uFEFF${text}`, 'utf16le'),
      Buffer.from(text, 'latin1'),
    ]) {
      const result = parseManifests(bytes, 'app.yaml');
      expect(result.ok ? undefined : result.errors.map(({ code }) => code)).toEqual(['MANIFEST_ENCODING']);
    }
    expect(parseManifests(Buffer.from(`\uFEFF${text}`), 'app.yaml')).toMatchObject({
      ok: parseManifests(text, 'app.yaml').ok,
    });
  });
});

test('ten megabytes are refused by their size, whatever they are, before anything of them is read', () => {
  for (const piece of ['a: &a [*a]\n', '[', '- ', '\u00e9', '---\n', '"', 'x']) {
    const bytes = Buffer.from(piece.repeat(Math.ceil(10_485_760 / Buffer.byteLength(piece))));
    const result = parseManifests(bytes, 'app.yaml');
    expect(result.ok ? undefined : result.errors.map(({ code }) => code)).toEqual(['MANIFEST_TOO_LARGE']);
  }
});

test('anchors are never expanded beyond what stands in the text, however they are nested', () => {
  const levels = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(levels, fc.boolean(), (widths, isMap) => {
      const lines = widths.map((width, level) => {
        const item = level === 0 ? '"lol"' : `*a${level - 1}`;
        const items = Array.from({ length: width }, (_, index) => (isMap ? `k${index}: ${item}` : item)).join(', ');
        return `a${level}: &a${level} ${isMap ? `{${items}}` : `[${items}]`}\n`;
      });
      const leaves = widths.reduce((product, width) => product * width, 1);
      const before = process.memoryUsage().heapUsed;
      const result = parseManifests(lines.join(''), 'app.yaml');
      expect(result.ok).toBe(false);
      // Eight bytes a leaf would be seen.
      if (leaves > 1e8) expect(process.memoryUsage().heapUsed - before).toBeLessThan(2e8);
    }),
    { numRuns: 100 },
  );
});
