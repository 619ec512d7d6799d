import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ClusterEntryFragment } from '../generated/operations.ts';
import { applyTold, trendNow, type Clusters, type Told } from './overview-state.ts';
import { entryOf } from './testing/entry.ts';

const AT = '2026-01-01T00:00:00.000Z';
const told = (given: Partial<Told<ClusterEntryFragment>>): Told<ClusterEntryFragment> => ({
  at: AT,
  isWhole: false,
  changed: [],
  removed: [],
  recent: [],
  ...given,
});
const named = (uid: string, given: Partial<ClusterEntryFragment> = {}) => entryOf({ uid, alias: uid, ...given });

describe('what a page knows of service clusters', () => {
  const whole = applyTold(undefined, told({ isWhole: true, changed: [named('a'), named('b')] }), 0);

  test('begins with everything', () => {
    expect([...whole.byUid.keys()]).toEqual(['a', 'b']);
  });

  test('takes what has changed, and leaves the others the same objects', () => {
    const after = applyTold(whole, told({ changed: [named('b', { state: 'STARTING' })] }), 0);
    expect(after.byUid.get('a')).toBe(whole.byUid.get('a'));
    expect(after.byUid.get('b')!.entry.state).toBe('STARTING');
    expect(whole.byUid.get('b')!.entry.state).toBe('RUNNING');
  });

  test('drops what is gone, and does not stumble over what it never knew', () => {
    expect([...applyTold(whole, told({ removed: ['a', 'application'] }), 0).byUid.keys()]).toEqual(['b']);
  });

  test('forgets what is missing where everything is told anew, and keeps the trend of the others', () => {
    const later = '2026-01-01T00:00:10.000Z';
    const after = applyTold(whole, told({ at: later, isWhole: true, changed: [named('b')] }), 0);
    expect([...after.byUid.keys()]).toEqual(['b']);
    expect(after.byUid.get('b')!.trend!.points).toHaveLength(3);
  });

  test('knows how far the control plane’s clock is ahead of this one', () => {
    expect(applyTold(undefined, told({}), Date.parse(AT) - 90_000).clockAhead).toBe(90_000);
  });

  test('after any messages is what the last one about each service cluster said', () => {
    const uid = fc.constantFrom('a', 'b', 'c', 'd');
    const message = fc.record({
      isWhole: fc.boolean(),
      changed: fc.uniqueArray(uid),
      removed: fc.uniqueArray(uid),
      queued: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), (messages) => {
        const expected = new Map<string, number>();
        let state: Clusters | undefined;
        for (const { isWhole, changed, removed, queued } of messages) {
          if (isWhole) expected.clear();
          const gone = isWhole ? [] : removed.filter((one) => !changed.includes(one));
          for (const one of gone) expected.delete(one);
          for (const one of changed) expected.set(one, queued);
          const entries = changed.map((one) => named(one, { queued }));
          state = applyTold(state, told({ isWhole, changed: entries, removed: gone }), 0);
        }
        expect(new Map([...state!.byUid].map(([key, { entry }]) => [key, entry.queued]))).toEqual(expected);
      }),
    );
  });
});

describe('a trend', () => {
  test('has a hole while samples are late: what was said last is not drawn on and on', () => {
    expect(trendNow(named('a', { sampleAgeSeconds: 30 }), null, 5)!.points).toEqual([{ observed: null, capacity: 50 }]);
  });

  test('is none without a factor', () => {
    expect(trendNow(named('a', { factor: null }), null, 5)).toBeNull();
  });
});
