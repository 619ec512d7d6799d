import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkManifest, parseManifests, type ParseOptions } from './parse.ts';
import { formatManifestError } from './problem.ts';

const HEAD = 'apiVersion: cartwright.dev/v1\nkind: Application\nmetadata: {name: shop}\n';

function errorsOf(text: string | Uint8Array, options?: ParseOptions): string[] {
  const result = parseManifests(text, 'app.yaml', options);
  return result.ok ? [] : result.errors.map(formatManifestError);
}

function codesOf(text: string | Uint8Array): string[] {
  const result = parseManifests(text, 'app.yaml');
  return result.ok ? [] : result.errors.map(({ code }) => code);
}

function application(...components: string[]): string {
  return `${HEAD}spec:\n  components:\n${components.map((component) => `    - ${component}\n`).join('')}`;
}

describe('what is read', () => {
  test('several YAML documents give several manifests with their defaults', () => {
    const policy =
      'apiVersion: cartwright.dev/v1\nkind: DeploymentPolicy\nmetadata: {name: eu}\n' +
      'spec: {partitions: [{name: a, hostCluster: one}]}\n';
    const result = parseManifests(
      `${application('{kind: cartridge, alias: web, cartridge: nodejs}')}---\n${policy}`,
      'app.yaml',
    );
    expect(result.ok && result.manifests.map(({ kind }) => kind)).toEqual(['Application', 'DeploymentPolicy']);
    expect(result.ok && result.manifests[1]!.spec).toMatchObject({ algorithm: 'one-after-another' });
  });

  test('JSON is read, indented with tabs, too', () => {
    const manifest = {
      apiVersion: 'cartwright.dev/v1',
      kind: 'AutoscalingPolicy',
      metadata: { name: 'eager', annotations: { note: 'a\ttab' } },
      spec: { minimum: 1 },
    };
    const result = parseManifests(JSON.stringify(manifest, null, '\t'), 'policy.json');
    expect(result).toMatchObject({ ok: true, manifests: [manifest] });
  });

  test('a byte order mark is accepted, in text and in bytes', () => {
    const text = `\uFEFF${application('{kind: cartridge, alias: web, cartridge: nodejs}')}`;
    expect(errorsOf(text)).toEqual([]);
    expect(errorsOf(Buffer.from(text))).toEqual([]);
  });

  test('an anchor and its alias are read as the value that they stand for', () => {
    const text = application(
      '{kind: cartridge, alias: web, cartridge: nodejs, environment: &common {MODE: fast}}',
      '{kind: cartridge, alias: api, cartridge: nodejs, environment: *common}',
    );
    const result = parseManifests(text, 'app.yaml');
    expect(result.ok && result.manifests[0]!.spec).toMatchObject({
      components: [{ environment: { MODE: 'fast' } }, { environment: { MODE: 'fast' } }],
    });
  });

  test('quantities become bytes', () => {
    const result = parseManifests(
      application('{kind: cartridge, alias: web, cartridge: nodejs, resources: {memoryBytes: 128Mi}}'),
      'app.yaml',
    );
    expect(result.ok && result.manifests[0]!.spec).toMatchObject({
      components: [{ resources: { memoryBytes: 134217728 } }],
    });
  });

  test('what an application says of its load balancer is checked by the field', () => {
    const said = (settings: string) =>
      errorsOf(`${application('{kind: cartridge, alias: web, cartridge: nodejs}')}\n  loadBalancer: ${settings}\n`);
    expect(said('{trustedProxies: [10.0.0.0/8, 192.0.2.1, "2001:db8::/32", "::1"], accessLog: combined}')).toEqual([]);
    expect(said('{trustedProxies: [10.0.0.0/33, proxy.example.org, ""], requestIds: x, accessLog: on}')).toEqual([
      ...[0, 1, 2].map((index) =>
        expect.stringContaining(
          `spec.loadBalancer.trustedProxies[${index}]: expected an address or a network, such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32`,
        ),
      ),
      expect.stringContaining(
        'requestIds: unknown field "requestIds"; known here: accessLog, requestIdsFrom, trustedProxies',
      ),
      expect.stringContaining('spec.loadBalancer.accessLog: expected one of none, json, combined, found "on"'),
    ]);
  });

  test('a stored value is checked without a file', () => {
    const value = { apiVersion: 'cartwright.dev/v1', kind: 'AutoscalingPolicy', metadata: { name: 'a' }, spec: {} };
    expect(checkManifest(value)).toEqual({ ok: true, manifest: value });
    expect(checkManifest({ ...value, apiVersion: 'cartwright.dev/v9' })).toMatchObject({ ok: false });
    expect(checkManifest(null)).toMatchObject({ ok: false });
  });
});

describe('every error names file, line, column, field, what was expected and what was found', () => {
  test.each([
    [
      'alias: web, cartridge: nodejs, resorces: {}',
      'app.yaml:6:56: spec.components[0].resorces: unknown field "resorces"; did you mean "resources"?',
    ],
    [
      'alais: web, cartridge: nodejs',
      'app.yaml:6:7: spec.components[0].alias: is missing: expected a text',
      'app.yaml:6:25: spec.components[0].alais: unknown field "alais"; did you mean "alias"?',
    ],
    [
      'alias: Web, cartridge: nodejs',
      'app.yaml:6:32: spec.components[0].alias: expected 1 to 40 lower-case letters, digits and hyphens, ' +
        'beginning with a letter and not ending with a hyphen, found "Web"',
    ],
    [
      'alias: web, cartridge: nodejs, environment: {VERSION: 1.0}',
      'app.yaml:6:79: spec.components[0].environment.VERSION: expected a text, found the number 1; put it in quotes: "1.0"',
    ],
    [
      'alias: web, cartridge: nodejs, environment: {A-B: x}',
      'app.yaml:6:70: spec.components[0].environment.A-B: expected a name of an environment variable, as the name of a field',
    ],
    [
      'alias: web, cartridge: nodejs, resources: {memoryBytes: 12MB}',
      'app.yaml:6:81: spec.components[0].resources.memoryBytes: expected bytes such as 128Mi, 1.5Gi, 200M or a whole number, found "12MB"',
    ],
    [
      'alias: web, cartridge: nodejs, autoscaling: {minimum: 5, maximum: 2}',
      'app.yaml:6:91: spec.components[0].autoscaling.maximum: expected at least the minimum, 5, found 2',
    ],
    [
      'alias: web, cartridge: nodejs, environment: {A: "x\\0y"}, start: [node, "a\\0"]',
      'app.yaml:6:73: spec.components[0].environment.A: expected a text without NUL characters, found "x\\u0000y"',
      'app.yaml:6:96: spec.components[0].start[1]: expected a text without NUL characters, found "a\\u0000"',
    ],
    [
      'alias: web, cartridge: nodejs, autoscaling: 4',
      'app.yaml:6:69: spec.components[0].autoscaling: expected a text or an object with fields, found the number 4',
    ],
    [
      'alias: web, cartridge: nodejs, routes: [{path: x}, {path: /, hots: a}]',
      'app.yaml:6:72: spec.components[0].routes[0].path: expected a text that begins with "/", found "x"',
      'app.yaml:6:86: spec.components[0].routes[1].hots: unknown field "hots"; did you mean "host"?',
    ],
    [
      'alias: web, cartridge: nodejs, routes: [{path: /, limits: {rate: 5, burst: 3, perClient: {concurrent: 0}}}]',
      'app.yaml:6:84: spec.components[0].routes[0].limits.rate: unknown field "rate"; known here: burst, concurrent, perClient, requestsPerSecond',
      'app.yaml:6:100: spec.components[0].routes[0].limits.burst: expected requestsPerSecond beside burst',
      'app.yaml:6:127: spec.components[0].routes[0].limits.perClient.concurrent: expected at least 1, found the number 0',
    ],
    [
      'alias: web, cartridge: nodejs, source: {git: {url: "https://h/r", update: automtic, branch: --upload-pack=x}}',
      'app.yaml:6:99: spec.components[0].source.git.update: expected one of automatic, manual, found "automtic"; did you mean "automatic"?',
      'app.yaml:6:117: spec.components[0].source.git.branch: expected the name of a branch or tag, found "--upload-pack=x"',
    ],
    [
      'alias: web, cartridge: nodejs, source: {git: {url: "https://user:hunter2@h/r"}}',
      'app.yaml:6:76: spec.components[0].source.git.url: expected a URL without user and password: everybody who sees the manifest would see them',
    ],
    [
      'alias: web, cartridge: nodejs, source: {git: {url: "ssh://git:hunter2@h/r"}}',
      'app.yaml:6:76: spec.components[0].source.git.url: expected a URL without user and password: everybody who sees the manifest would see them',
    ],
  ])('%s', (fields, ...expected) => {
    expect(errorsOf(application(`{kind: cartridge, ${fields}}`))).toEqual(expected);
  });

  test.each(['ssh://git@h/r', 'git@h:r', 'https://h/r', 'file:///srv/r'])(
    '%s is an address without a secret',
    (url) => {
      expect(
        errorsOf(application(`{kind: cartridge, alias: web, cartridge: nodejs, source: {git: {url: "${url}"}}}`)),
      ).toEqual([]);
    },
  );

  test('a missing field is placed at the thing that lacks it', () => {
    expect(errorsOf(`${HEAD}spec: {}\n`)).toEqual(['app.yaml:4:1: spec.components: is missing: expected a list']);
  });

  test('errors of several documents are all told', () => {
    expect(errorsOf('apiVersion: cartwright.dev/v1\n---\nkind: Application\n')).toHaveLength(2);
  });

  test('of very many errors the first 50 and a count are told', () => {
    const text = `${HEAD}spec:\n${Array.from({ length: 90 }, (_, index) => `  unknown${index}: 1\n`).join('')}`;
    expect(errorsOf(text)).toHaveLength(51);
    expect(errorsOf(text).at(-1)).toBe('app.yaml: 41 more errors are not shown');
  });
});

describe('what the platform cannot do yet is refused by name', () => {
  test('groups', () => {
    expect(errorsOf(application('{kind: group, alias: a, components: []}'))).toEqual([
      'app.yaml:6:7: spec.components[0]: components of kind group are not supported yet',
    ]);
  });

  test.each(['startupOrder', 'scalingDependents', 'termination'])('%s', (field) => {
    const text = `${application('{kind: cartridge, alias: web, cartridge: nodejs}')}  ${field}: [a]\n`;
    expect(errorsOf(text)).toEqual([`app.yaml:7:3: spec.${field}: ${field} is not supported yet`]);
    expect(codesOf(text)).toEqual(['MANIFEST_NOT_SUPPORTED']);
  });
});

describe('rules over several fields', () => {
  test('an alias is taken once', () => {
    expect(
      errorsOf(
        application(
          '{kind: cartridge, alias: web, cartridge: nodejs}',
          '{kind: cartridge, alias: web, cartridge: static}',
        ),
      ),
    ).toEqual([
      'app.yaml:7:32: spec.components[1].alias: the alias "web" is already taken by item 0; expected another name',
    ]);
  });

  test('a host and path is routed once, whatever the case and the closing slash', () => {
    const text = application(
      '{kind: cartridge, alias: web, cartridge: nodejs, routes: [{host: Shop.example, path: /a/}]}',
      '{kind: cartridge, alias: api, cartridge: nodejs, routes: [{path: /a}, {host: shop.example, path: /a}]}',
    );
    expect(errorsOf(text)).toEqual([
      'app.yaml:7:77: spec.components[1].routes[1]: shop.example/a is already routed to the component "web"',
    ]);
  });

  test('a check asks a port that the cartridge has', () => {
    const text =
      'apiVersion: cartwright.dev/v1\nkind: Cartridge\nmetadata: {name: x}\nspec:\n  version: "1"\n' +
      '  category: framework\n  runtimes: [process]\n  ports: [{name: web, protocol: http}]\n  readiness: {tcp: {port: http}}\n';
    expect(errorsOf(text)).toEqual([
      'app.yaml:9:27: spec.readiness.tcp.port: expected the name of a port of the cartridge, found "http"; declared are web',
    ]);
  });

  test('an object is given once in a file', () => {
    const one = application('{kind: cartridge, alias: web, cartridge: nodejs}');
    expect(errorsOf(`${one}---\n${one}`)).toEqual([
      'app.yaml:10:18: metadata.name: the Application "shop" is given twice in this file; expected it once',
    ]);
  });
});

describe('apiVersion and kind', () => {
  test('an unknown apiVersion is refused by name', () => {
    expect(errorsOf('apiVersion: apps/v1\nkind: Deployment\n')).toEqual([
      'app.yaml:1:13: apiVersion: unknown apiVersion: found "apps/v1"; this program reads cartwright.dev/v1',
    ]);
  });

  test('an unknown kind is told which there are', () => {
    expect(errorsOf('apiVersion: cartwright.dev/v1\nkind: Aplication\n')).toEqual([
      'app.yaml:2:7: kind: expected one of Application, AutoscalingPolicy, Cartridge, DeploymentPolicy, found "Aplication"; did you mean "Application"?',
    ]);
  });

  test('a kind that is not welcome is refused', () => {
    const text = application('{kind: cartridge, alias: web, cartridge: nodejs}');
    expect(errorsOf(text, { kinds: ['Cartridge'] })).toEqual([
      'app.yaml:2:7: kind: expected Cartridge, found "Application"',
    ]);
  });
});

describe('what is no manifest', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['nothing', '', 'app.yaml: the file holds no manifest'],
    ['only a comment', '# later\n', 'app.yaml: the file holds no manifest'],
    [
      'an empty document',
      'a: 1\n---\n',
      'app.yaml:2:4: document 2 is empty; remove its "---" or write a manifest after it',
    ],
    ['a list', '- a\n', 'app.yaml:1:1: expected an object with apiVersion, kind, metadata and spec'],
    ['a tab', 'a:\n\tb: 1\n', 'app.yaml:2:1: a tab is used as indentation; YAML needs spaces'],
    [
      'a field twice',
      'a:\n  - b: 1\n    b: 2\n',
      'app.yaml:3:5: a[0].b: the field "b" is given twice; expected it once',
    ],
    ['a tag', 'a: !!js/function x\n', 'app.yaml:1:4: tags (words that begin with !) are not supported; remove it'],
    ['a prototype', '__proto__: {a: 1}\n', 'app.yaml:1:1: __proto__: the field name "__proto__" is not allowed'],
    ['an alias to nothing', 'a: *x\n', 'app.yaml:1:4: the alias *x has no anchor &x before it'],
    ['an alias in itself', 'a: &a [*a]\n', 'app.yaml:1:8: the alias *a contains itself'],
    ['an open quote', 'a: "x\n', 'app.yaml:2:1: not valid YAML: Missing closing "quote'],
    [
      'UTF-16',
      Buffer.from('\uFEFFa: 1', 'utf16le'),
      'app.yaml: the file is not UTF-8 text; save it as UTF-8 (a byte order mark is accepted)',
    ],
    [
      'Latin-1',
      Buffer.from('a: \xe9', 'latin1'),
      'app.yaml: the file is not UTF-8 text; save it as UTF-8 (a byte order mark is accepted)',
    ],
    ['too much', ' '.repeat(1_048_577), 'app.yaml: the file has 1048577 bytes; expected at most 1048576 (1 MiB)'],
    ['deep nesting', '['.repeat(900_000), 'app.yaml: the document is nested too deeply'],
    ['deep lists', '- '.repeat(400_000), 'app.yaml: the document is nested too deeply'],
  ])('%s', (_name, text, expected) => {
    expect(errorsOf(text)[0]).toBe(expected);
  });

  test('anchors that multiply are refused before they are expanded', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const items = level === 0 ? '"lol"' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 9 }, () => items).join(',')}]\n`;
    });
    expect(codesOf(levels.join(''))).toEqual(['MANIFEST_ALIASES']);
    expect(codesOf(`a: &a x\nb: [${'*a,'.repeat(101)}]\n`)).toEqual(['MANIFEST_ALIASES']);
  });
});

describe('properties', () => {
  const words = fc.constantFrom(
    'apiVersion: cartwright.dev/v1\n',
    'kind: Application\n',
    'kind: Cartridge\n',
    'metadata: {name: a}\n',
    'spec:\n',
    '  components:\n',
    '    - kind: cartridge\n',
    '      alias: a\n',
    '---\n',
    '&a ',
    '*a',
    '!t ',
    '"',
    '[',
    '{',
    '}',
    ']',
    '\t',
    ': ',
    '? ',
    '- ',
    '|\n',
    '>\n',
    '%YAML 1.1\n',
    '<<: ',
    '\u0000',
    '\uFEFF',
    '\uD800',
    '__proto__',
    '...\n',
    '#',
  );

  test('arbitrary text never makes the parser throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words, { maxLength: 40 }).map((list) => list.join('')),
        ),
        (text) => {
          const result = parseManifests(text, 'any');
          expect(result.ok ? result.manifests.length : result.errors.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('arbitrary bytes never make the parser throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof parseManifests(bytes, 'any').ok === 'boolean'),
    );
  });

  test('an arbitrary value in place of any field is read or refused with a path, never thrown', () => {
    const base = (spec: unknown) => ({
      apiVersion: 'cartwright.dev/v1',
      kind: 'Application',
      metadata: { name: 'a' },
      spec,
    });
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('alias', 'resources', 'autoscaling', 'readiness', 'source', 'routes', 'x'),
        (value, field) => {
          const component = { kind: 'cartridge', alias: 'a', cartridge: 'b', [field]: value };
          const result = checkManifest(base({ components: [component] }));
          if (!result.ok) for (const { message } of result.problems) expect(message).not.toMatch(/^Invalid|undefined/);
        },
      ),
      { numRuns: 500 },
    );
  });
});
