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
