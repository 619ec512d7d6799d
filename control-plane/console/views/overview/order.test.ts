import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Cluster } from '../../clusters/overview-state.ts';
import { entryOf } from '../../clusters/testing/entry.ts';
import type { ClusterEntryFragment } from '../../generated/operations.ts';
import { inPlaces, sorted, type Sort } from './order.ts';

const cluster = (given: Partial<ClusterEntryFragment>): Cluster => ({ entry: entryOf(given), trend: null });
const loaded = (alias: string, observed: number | null, capacity: number): Cluster =>
  cluster({ uid: alias, alias, factor: { ...entryOf().factor!, observed, capacity } });
const aliases = (clusters: readonly Cluster[]): string[] => clusters.map(({ entry }) => entry.alias);
const attention = (severity: 'CRITICAL' | 'WARNING' | 'INFO') => [{ code: 'faulty', severity, sentence: 'broken' }];

describe('the overview’s order', () => {
  test('by attention has what is lost now first, and what needs nobody last, by name', () => {
    const clusters = [
      cluster({ alias: 'd', uid: 'd' }),
      cluster({ alias: 'c', uid: 'c', attention: attention('INFO') }),
      cluster({ alias: 'b', uid: 'b', attention: attention('WARNING') }),
      cluster({ alias: 'a', uid: 'a' }),
      cluster({ alias: 'z', uid: 'z', attention: attention('CRITICAL') }),
    ];
    expect(aliases(sorted(clusters, 'attention'))).toEqual(['z', 'b', 'c', 'a', 'd']);
  });

  test('by load has what is asked of nobody first, and what nothing is known of last', () => {
    const clusters = [loaded('half', 5, 10), loaded('unknown', null, 10), loaded('none', 3, 0), loaded('full', 10, 10)];
    clusters.push(cluster({ alias: 'without', uid: 'without', factor: null }), loaded('idle', 0, 0));
    expect(aliases(sorted(clusters, 'load'))).toEqual(['none', 'full', 'half', 'idle', 'unknown', 'without']);
  });

  test('by name goes by tenant, application and alias', () => {
    const clusters = [
      cluster({ uid: '1', tenant: 'b', applicationName: 'a', alias: '3' }),
      cluster({ uid: '2', tenant: 'a', applicationName: 'b', alias: '2' }),
      cluster({ uid: '3', tenant: 'a', applicationName: 'a', alias: '1' }),
    ];
    expect(aliases(sorted(clusters, 'name'))).toEqual(['1', '2', '3']);
  });

  test('is the same whatever came first, and leaves nobody out', () => {
    const some = fc
      .uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 })
      .map((numbers) => numbers.map((number) => loaded(`c${number}`, number % 4, number % 3)));
    fc.assert(
      fc.property(some, fc.constantFrom<Sort>('attention', 'name', 'load'), (clusters, sort) => {
        const once = sorted(clusters, sort);
        expect(new Set(once)).toEqual(new Set(clusters));
        expect(sorted([...clusters].reverse(), sort)).toEqual(once);
      }),
    );
  });

  test('stays while somebody points at it: what is new comes last, what is gone leaves no hole', () => {
    const clusters = ['new', 'a', 'c'].map((alias) => cluster({ alias, uid: alias }));
    expect(aliases(inPlaces(clusters, ['c', 'b', 'a']))).toEqual(['c', 'a', 'new']);
  });
});
