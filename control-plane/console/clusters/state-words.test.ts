import { expect, test } from '@jest/globals';
import { applicationWord, stateWord, wordsOf } from './state-words.ts';
import { entryOf } from './testing/entry.ts';

const words = (given: Parameters<typeof entryOf>[0]): string[] => wordsOf(entryOf(given)).map(({ word }) => word);
const since = '2026-01-01T00:00:00.000Z';

test('a service cluster that runs has one word', () => {
  expect(words({})).toEqual(['running']);
});

test('what holds the autoscaler stands beside the state, with who and why', () => {
  const found = wordsOf(
    entryOf({
      paused: { by: 'ops', reason: 'a migration', since },
      override: { kind: 'FLOOR', instances: 3, by: 'ops', reason: 'a sale', expiresAt: since },
      shadow: true,
    }),
  );
  expect(found.map(({ word }) => word)).toEqual(['running', 'paused', 'shadow', 'at least 3']);
  expect(found[1]!.means).toBe('Paused by ops: a migration');
});

test('late samples and requests that wait are said', () => {
  const factor = { ...entryOf().factor!, saturated: true };
  expect(words({ factor, sampleAgeSeconds: 30 })).toEqual(['running', 'queueing', 'late, 30 s']);
  expect(words({ sampleAgeSeconds: 30, counts: { ...entryOf().counts, active: 0 } })).toEqual(['running']);
});

test('a roll-out says from where to where', () => {
  const [first] = wordsOf(
    entryOf({ state: 'ROLLING_OUT', rollout: { state: 'RUNNING', from: 3, to: 4, instances: 1 } }),
  );
  expect(first!.means).toBe('From release 3 to 4: so far 1 instance takes it.');
});

test('a state that a newer control plane says is shown as it is', () => {
  expect(stateWord('HALF_ASLEEP' as never).word).toBe('half asleep');
});

test.each([
  [['RUNNING', 'AT_ZERO'], 'running'],
  [['AT_ZERO'], 'at zero'],
  [['RUNNING', 'STARTING', 'SCALING_UP'], 'starting'],
  [['HALF_ASLEEP' as never], 'half asleep'],
] as const)('an application whose service clusters are %j is %s', (states, word) => {
  expect(applicationWord(states)!.word).toBe(word);
});

test('an application without a service cluster stands nowhere', () => {
  expect(applicationWord([])).toBeNull();
});
