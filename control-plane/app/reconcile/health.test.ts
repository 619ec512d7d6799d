import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { InstanceState } from '../fleet/instance-state.ts';
import { clusterOf, instanceRecord, NOW, seenOf } from '../testing/records.ts';
import { isPlatformAtFault, judge, TOGETHER_MILLISECONDS } from './health.ts';

describe('falling silent together', () => {
  test('three of six within ten seconds are the platform’s fault', () => {
    expect(isPlatformAtFault([0, 4000, 9000], 6)).toBe(true);
  });
  test('a third exactly is not more than a third', () => {
    expect(isPlatformAtFault([0, 1, 2], 9)).toBe(false);
    expect(isPlatformAtFault([0, 1, 2, 3], 9)).toBe(true);
  });
  test('two of two are too few to tell', () => {
    expect(isPlatformAtFault([0, 1], 2)).toBe(false);
  });
  test('falling silent one after another is not the platform’s fault', () => {
    expect(isPlatformAtFault([0, TOGETHER_MILLISECONDS + 1, 2 * TOGETHER_MILLISECONDS + 2], 4)).toBe(false);
  });
  test('the order of the times does not matter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        (times, total) => {
          expect(isPlatformAtFault(times.toReversed(), total)).toBe(isPlatformAtFault(times, total));
        },
      ),
    );
  });
});

describe('an instance at whose port a stranger answers', () => {
  const verdictOf = (cluster: ClusterState, code: string) => {
    const instance = new InstanceState(
      instanceRecord(cluster, { state: 'faulty', reason: { code, message: '127.0.0.1:20000 is answered by another' } }),
      NOW,
    );
    instance.observed = seenOf(instance);
    return judge(cluster, instance, NOW, false);
  };

  test('is replaced at once, also where it is the only one: the next one gets another port', () => {
    expect(verdictOf(clusterOf(), 'port-taken')).toMatchObject({ kind: 'replace', code: 'port-taken' });
  });

  test('starts again where it is, when that is a load balancer, whose port is its own', () => {
    expect(verdictOf(clusterOf('lb', 'lb'), 'port-taken')).toEqual({ kind: 'fine' });
  });

  test('and no other fault of the only one: another would have it, too', () => {
    expect(verdictOf(clusterOf(), 'crash-loop')).toEqual({ kind: 'fine' });
  });
});
