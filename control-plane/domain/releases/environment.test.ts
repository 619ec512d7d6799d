import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SecretReference } from '../../../schema/agent/instance.ts';
import { effectiveVariables, ORIGINS, releaseEnvironment, type Layers } from './environment.ts';

const none: Layers = {
  plain: { cartridge: {}, manifest: {}, application: {}, 'service-cluster': {} },
  secrets: { application: [], 'service-cluster': [] },
};
const secret = (name: string, version = 1): SecretReference => ({
  name,
  version,
  uid: `${name.toLowerCase()}-${version}`,
  delivery: 'environment',
});

describe('of several layers that set a name', () => {
  const plain = {
    cartridge: { A: 'cartridge', B: 'cartridge', C: 'cartridge', D: 'cartridge', E: 'cartridge', F: 'cartridge' },
    manifest: { B: 'manifest', C: 'manifest', D: 'manifest' },
    application: { C: 'application', D: 'application', E: 'application' },
    'service-cluster': { D: 'service cluster' },
  };
  const layers: Layers = {
    plain,
    secrets: { application: [secret('E'), secret('F')], 'service-cluster': [secret('F', 2)] },
  };
  const variables = new Map(effectiveVariables(layers).map((variable) => [variable.name, variable]));

  test.each([
    ['A', 'cartridge', 'cartridge', []],
    ['B', 'manifest', 'manifest', ['cartridge']],
    ['C', 'application', 'application', ['cartridge', 'manifest']],
    ['D', 'service-cluster', 'service cluster', ['cartridge', 'manifest', 'application']],
  ])('%s is that of the %s', (name, origin, value, hides) => {
    expect(variables.get(name)).toEqual({
      name,
      origin,
      value,
      secret: null,
      hides: hides.map((hidden) => ({ origin: hidden, isSecret: false })),
    });
  });

  test('a secret lies over whatever is plain, and the value below it is not shown', () => {
    expect(variables.get('E')).toMatchObject({ origin: 'application', value: null, secret: { version: 1 } });
    expect(variables.get('E')?.hides.map(({ origin }) => origin)).toEqual(['cartridge', 'application']);
  });

  test('a secret of the service cluster lies over that of the application', () => {
    expect(variables.get('F')).toMatchObject({ origin: 'service-cluster', secret: { version: 2 } });
    expect(variables.get('F')?.hides).toEqual([
      { origin: 'cartridge', isSecret: false },
      { origin: 'application', isSecret: true },
    ]);
  });

  test('the release holds no variable of the cartridge and nothing that a secret hides', () => {
    expect(releaseEnvironment([...variables.values()])).toEqual({
      environment: { B: 'manifest', C: 'application', D: 'service cluster' },
      secrets: [secret('E'), secret('F', 2)],
    });
  });
});

test('every name of every layer is there once, in order, whatever the layers hold', () => {
  const plain = fc.dictionary(fc.constantFrom('A', 'B', 'C', 'constructor', 'toString'), fc.string(), { maxKeys: 4 });
  const secrets = fc
    .uniqueArray(fc.constantFrom('A', 'B', 'S'), { maxLength: 2 })
    .map((names) => names.map((name) => secret(name)));
  fc.assert(
    fc.property(fc.tuple(plain, plain, plain, plain), fc.tuple(secrets, secrets), (layers, [application, cluster]) => {
      const all: Layers = {
        plain: Object.fromEntries(
          ORIGINS.map((origin, index) => [origin, layers[index]!]),
        ) as unknown as Layers['plain'],
        secrets: { application, 'service-cluster': cluster },
      };
      const names = effectiveVariables(all).map(({ name }) => name);
      const expected = new Set([
        ...layers.flatMap((layer) => Object.keys(layer)),
        ...[...application, ...cluster].map(({ name }) => name),
      ]);
      expect(names).toEqual([...expected].sort());
    }),
  );
});

test('without any layer there is nothing', () => {
  expect(releaseEnvironment(effectiveVariables(none))).toEqual({ environment: {}, secrets: [] });
});
