import { expect, test } from '@jest/globals';
import { faultsIn } from './server-faults.ts';

test('each fault is at its line', () => {
  const said = 'policy.yaml:7:12: spec.factors.memry: expected a factor\npolicy.yaml:9:3: spec.minimum: too many\n';
  expect(faultsIn(said)).toEqual([
    { line: 7, column: 12, message: 'spec.factors.memry: expected a factor' },
    { line: 9, column: 3, message: 'spec.minimum: too many' },
  ]);
});

test('what has no place is at the first line', () => {
  expect(faultsIn('AutoscalingPolicy calm: it has generation 3')).toEqual([
    { line: 1, column: 1, message: 'AutoscalingPolicy calm: it has generation 3' },
  ]);
  expect(faultsIn('')).toEqual([]);
});
