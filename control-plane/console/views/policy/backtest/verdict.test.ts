import { expect, test } from '@jest/globals';
import { toneOf, verdictOf } from './verdict.ts';

const WEEK = 604_800;
const fit = (replicaHours: number, shortSeconds: number) => ({ replicaHours, shortSeconds });

test('a policy is held against the one in force, in cost and in shortage', () => {
  expect(verdictOf({ seconds: WEEK, proposed: fit(412.3, 34), inForce: fit(520, 0), recorded: null })).toBe(
    'With this policy, the last 7 d would have cost 412 replica-hours and been short for 34 s; now it is 520 replica-hours and 0 s: 21 % cheaper, and short for 34 s more.',
  );
  expect(verdictOf({ seconds: 3_600, proposed: fit(2, 0), inForce: fit(1, 90), recorded: null })).toBe(
    'With this policy, the last 1 h would have cost 2 replica-hours and been short for 0 s; now it is 1 replica-hour and 1 min: 100 % more expensive, and short for 1 min less.',
  );
  expect(verdictOf({ seconds: 3_600, proposed: fit(2, 5), inForce: fit(2.001, 5.2), recorded: null })).toContain(
    'as expensive, and short for as long',
  );
  expect(verdictOf({ seconds: 3_600, proposed: fit(1, 0), inForce: fit(2, 0), recorded: null })).toContain(
    '50 % cheaper, and never short either.',
  );
});

test('where the one in force cannot be simulated, what really ran stands beside it', () => {
  const compared = { seconds: 3_600, proposed: fit(2, 5), inForce: null };
  expect(verdictOf({ ...compared, recorded: fit(3, 0) })).toContain('what really ran was 3 replica-hours and 0 s.');
  expect(verdictOf({ ...compared, recorded: null })).toBe(
    'With this policy, the last 1 h would have cost 2 replica-hours and been short for 5 s.',
  );
});

test.each([
  ['better in both', fit(1, 0), 'good'],
  ['cheaper alone', fit(1, 10), 'good'],
  ['cheaper at the cost of being short', fit(1, 60), 'warning'],
  ['dearer and never short', fit(4, 0), 'warning'],
  ['worse in both', fit(4, 60), 'bad'],
  ['the same', fit(2, 10), ''],
] as const)('one that is %s', (_, proposed, tone) => {
  expect(toneOf({ seconds: 1, proposed, inForce: fit(2, 10), recorded: null })).toBe(tone);
});

test('nothing is said of one that stands alone', () => {
  expect(toneOf({ seconds: 1, proposed: fit(1, 1), inForce: null, recorded: null })).toBe('');
});
