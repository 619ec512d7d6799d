import { expect, test } from '@jest/globals';
import { Cache } from './cache.ts';

const object = (uid: string, resourceVersion: string) => ({ metadata: { uid, resourceVersion } });

test('the newer one counts, whichever way it came', () => {
  const cache = new Cache<ReturnType<typeof object>>();
  expect(cache.put(object('a', '9'))).toBe(true);
  // An answer that was longer on its way than the watch; as text it would be the larger.
  expect(cache.put(object('a', '10'))).toBe(true);
  expect(cache.put(object('a', '9'))).toBe(false);
  expect(cache.put(object('a', '10'))).toBe(false);
  expect(cache.get('a')?.metadata.resourceVersion).toBe('10');
});

test('what was deleted does not come back with a late answer', () => {
  const cache = new Cache<ReturnType<typeof object>>();
  cache.put(object('a', '1'));
  cache.remove(object('a', '2'));
  expect(cache.put(object('a', '3'))).toBe(false);
  expect([...cache.values()]).toEqual([]);
});

test('what a complete list does not have is gone', () => {
  const cache = new Cache<ReturnType<typeof object>>();
  for (const uid of ['a', 'b', 'c']) cache.put(object(uid, '1'));
  expect(cache.keepOnly(new Set(['b']))).toEqual([object('a', '1'), object('c', '1')]);
  expect([...cache.values()]).toEqual([object('b', '1')]);
});

test('an object is found under what it says of itself now, and under nothing when it is gone', () => {
  const cache = new Cache<ReturnType<typeof labelled>>({ keysOf: ({ metadata }) => Object.keys(metadata.labels) });
  const labelled = (uid: string, resourceVersion: string, ...keys: string[]) => ({
    metadata: { uid, resourceVersion, labels: Object.fromEntries(keys.map((key) => [key, ''])) },
  });
  const under = (key: string) => cache.under(key).map(({ metadata }) => metadata.uid);
  cache.put(labelled('a', '1', 'x', 'y'));
  cache.put(labelled('b', '1', 'y'));
  expect([under('x'), under('y'), under('z')]).toEqual([['a'], ['a', 'b'], []]);
  cache.put(labelled('a', '2', 'z'));
  cache.put(labelled('a', '1', 'x'));
  expect([under('x'), under('y'), under('z')]).toEqual([[], ['b'], ['a']]);
  cache.remove(labelled('a', '3'));
  expect(under('z')).toEqual([]);
});
