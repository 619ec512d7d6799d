import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SecretReference } from '../../../schema/agent/instance.ts';
import { releaseDifference, type ComparedRelease } from './difference.ts';

const secret = (name: string, version = 1): SecretReference => ({
  ...{ name, version, uid: `${name.toLowerCase()}-${version}`, delivery: 'environment' },
});
const RELEASE: ComparedRelease = {
  artifact: 'sha256-a',
  cartridge: { name: 'nodejs', version: '24', image: 'nodejs@sha256:a' },
  configuration: { environment: { MODE: 'fast' }, secrets: [secret('TOKEN')] },
  policies: { autoscaling: 'calm', deployment: null },
};
const SAME = { variables: [], secrets: [], cartridge: null, artifact: null, parts: [] };

test('two equal releases have no difference', () => {
  expect(releaseDifference(RELEASE, structuredClone(RELEASE))).toEqual(SAME);
});

describe('a difference has', () => {
  const configured = (configuration: Partial<ComparedRelease['configuration']>): ComparedRelease => ({
    ...RELEASE,
    configuration: { ...RELEASE.configuration, ...configuration },
  });

  test.each<[what: string, after: ComparedRelease, expected: object]>([
    [
      'variables that came, went and changed, by name',
      configured({ environment: { LEVEL: 'info', MODE: 'slow' } }),
      {
        variables: [
          { name: 'LEVEL', change: 'added', before: null, after: 'info' },
          { name: 'MODE', change: 'changed', before: 'fast', after: 'slow' },
        ],
      },
    ],
    [
      'an empty value as a value',
      configured({ environment: { MODE: '' } }),
      { variables: [{ name: 'MODE', change: 'changed', before: 'fast', after: '' }] },
    ],
    [
      'a variable that went',
      configured({ environment: {} }),
      { variables: [{ name: 'MODE', change: 'removed', before: 'fast', after: null }] },
    ],
    [
      'secrets by name and version',
      configured({ secrets: [secret('TOKEN', 2), secret('KEY')] }),
      {
        secrets: [
          { name: 'KEY', change: 'added', before: null, after: 1 },
          { name: 'TOKEN', change: 'changed', before: 1, after: 2 },
        ],
      },
    ],
    [
      'a variable that became a secret, without what it held',
      configured({ environment: {}, secrets: [secret('MODE'), secret('TOKEN')] }),
      {
        variables: [{ name: 'MODE', change: 'removed', before: null, after: null }],
        secrets: [{ name: 'MODE', change: 'added', before: null, after: 1 }],
      },
    ],
    [
      'another version and image of the cartridge',
      { ...RELEASE, cartridge: { name: 'nodejs', version: '26' } },
      {
        cartridge: {
          before: { name: 'nodejs', version: '24', image: 'nodejs@sha256:a' },
          after: { name: 'nodejs', version: '26', image: null },
        },
      },
    ],
    ['another artifact', { ...RELEASE, artifact: 'sha256-b' }, { artifact: { before: 'sha256-a', after: 'sha256-b' } }],
    [
      'another start command',
      configured({ start: ['node', 'main.js'] }),
      { parts: [{ part: 'start', before: null, after: ['node', 'main.js'] }] },
    ],
    [
      'another policy',
      { ...RELEASE, policies: { autoscaling: { maximum: 3 }, deployment: null } },
      { parts: [{ part: 'autoscaling', before: 'calm', after: { maximum: 3 } }] },
    ],
    ['nothing of policies that were not noted', { ...RELEASE, policies: null }, {}],
  ])('%s', (_what, after, expected) => {
    expect(releaseDifference(RELEASE, after)).toEqual({ ...SAME, ...expected });
  });
});

const configurations = fc.record({
  environment: fc.dictionary(fc.constantFrom('A', 'B', 'C', 'constructor'), fc.constantFrom('x', 'y', '')),
  secrets: fc
    .uniqueArray(fc.constantFrom('A', 'S', 'T'))
    .chain((names) => fc.tuple(...names.map((name) => fc.integer({ min: 1, max: 2 }).map((v) => secret(name, v))))),
});

test('the way back has the same changes the other way round, and no value under the name of a secret', () => {
  fc.assert(
    fc.property(configurations, configurations, (a, b) => {
      const [one, other] = [a, b].map((configuration) => ({ ...RELEASE, configuration }));
      const there = releaseDifference(one!, other!);
      const back = releaseDifference(other!, one!);
      const turned = { added: 'removed', removed: 'added', changed: 'changed' } as const;
      const turn = ({
        name,
        change,
        before,
        after,
      }: (typeof there.variables)[number] | (typeof there.secrets)[number]) =>
        ({ name, change: turned[change], before: after, after: before }) as object;
      expect(back.variables).toEqual(there.variables.map(turn));
      expect(back.secrets).toEqual(there.secrets.map(turn));
      const secrets = new Set([...a.secrets, ...b.secrets].map(({ name }) => name));
      for (const { name, before, after } of there.variables)
        if (secrets.has(name)) expect([before, after]).toEqual([null, null]);
    }),
  );
});
