import { expect, test } from '@jest/globals';
import { concernsOf, countBySeverity, urgency } from './attention.ts';
import { entryOf } from './testing/entry.ts';

const critical = { code: 'faulty', severity: 'CRITICAL', sentence: '2 instances are faulty' } as const;
const warning = { code: 'at-maximum', severity: 'WARNING', sentence: 'more would be needed' } as const;
const info = { code: 'override-ends', severity: 'INFO', sentence: 'the pin ends' } as const;

const entries = [
  entryOf({ alias: 'a', attention: [warning, info] }),
  entryOf({ alias: 'b' }),
  entryOf({ alias: 'c', attention: [critical, warning] }),
];

test('what is lost now comes first, and of equals what came first', () => {
  expect(concernsOf(entries).map(({ entry, severity }) => `${entry.alias} ${severity}`)).toEqual([
    'c CRITICAL',
    'a WARNING',
    'c WARNING',
    'a INFO',
  ]);
});

test('a service cluster counts once, by what is most urgent of it', () => {
  expect(countBySeverity(entries)).toEqual({ CRITICAL: 1, WARNING: 1, INFO: 0 });
  expect(entries.map(urgency)).toEqual([1, 3, 0]);
});

test('a severity of a newer control plane is no reason to stumble', () => {
  const odd = entryOf({ attention: [{ ...info, severity: 'PANIC' as never }] });
  expect(urgency(odd)).toBe(2);
  expect(countBySeverity([odd])).toEqual({ CRITICAL: 0, WARNING: 0, INFO: 0 });
});
