import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changesBetween } from './changes.ts';

const shop = (component: object, others: object[] = []) => ({
  metadata: { name: 'shop' },
  spec: { components: [...others, { kind: 'cartridge', alias: 'web', ...component }] },
});

test('components are told apart by their alias, wherever they stand', () => {
  const before = shop({ concurrency: 5, environment: { A: '1' } });
  const after = shop({ concurrency: 8, environment: { A: '1', 'B.C': '2' } }, [{ alias: 'api' }]);
  expect(changesBetween(before, after)).toEqual([
    { field: 'spec.components[api]', before: null, after: { alias: 'api' } },
    { field: 'spec.components[web].concurrency', before: 5, after: 8 },
    { field: 'spec.components[web].environment["B.C"]', before: null, after: '2' },
  ]);
});

test('another order alone is a change', () => {
  const [web, api] = [{ alias: 'web' }, { alias: 'api' }];
  expect(changesBetween({ components: [web, api] }, { components: [api, web] })).toEqual([
    { field: 'components[]', before: ['web', 'api'], after: ['api', 'web'] },
  ]);
});

test('what is gone is one change, and lists without names are compared by place', () => {
  const before = shop({ start: ['node', 'a.js'], resources: { cpuCores: 1 } });
  expect(changesBetween(before, shop({ start: ['node', 'b.js'] }))).toEqual([
    { field: 'spec.components[web].start[1]', before: 'a.js', after: 'b.js' },
    { field: 'spec.components[web].resources', before: { cpuCores: 1 }, after: null },
  ]);
});

test('where a name becomes a policy of its own, the whole is the change', () => {
  expect(changesBetween({ autoscaling: 'calm' }, { autoscaling: { minimum: 1 } })).toEqual([
    { field: 'autoscaling', before: 'calm', after: { minimum: 1 } },
  ]);
});

test('there is no change exactly where both are the same, whatever the order of their fields', () => {
  const value = fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.parse(JSON.stringify(json)) as unknown);
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(changesBetween(a, structuredClone(a))).toEqual([]);
      if (changesBetween(a, b).length === 0) expect(sorted(a)).toEqual(sorted(b));
    }),
    { numRuns: 1000 },
  );
});

/** Absent and null are the same here. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([key, field]) => [key, sorted(field)]),
  );
}
