import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { editsBetween, readText, withEdits } from './yaml-text.ts';

const TEXT = `# For the shop.
apiVersion: cartwright.dev/v1
kind: AutoscalingPolicy
metadata: { name: calm }
spec:
  minimum: 1 # never none
  maximum: 6
  factors:
    # Measured in May.
    requestsInFlight: { target: 2 }
  scaleDown:
    regretSeconds: 30
`;

describe('reading', () => {
  test('tells what is said, and on which line each part is', () => {
    const { value, faults, lineOf } = readText(TEXT);
    expect(faults).toEqual([]);
    expect(value).toMatchObject({ metadata: { name: 'calm' }, spec: { maximum: 6 } });
    expect(lineOf(['spec', 'maximum'])).toBe(7);
    expect(lineOf(['spec', 'factors', 'requestsInFlight', 'target'])).toBe(10);
    // What is not there is at what it would be in.
    expect(lineOf(['spec', 'scaleDown', 'periodSeconds'])).toBe(12);
    expect(lineOf(['nothing', 0])).toBe(1);
  });

  test('tells where it cannot be read', () => {
    const { value, faults } = readText('spec:\n  minimum: 1\n maximum: [');
    expect(value).toBeUndefined();
    expect(faults[0]).toMatchObject({ line: expect.any(Number), message: expect.any(String) });
    expect(faults.some(({ line }) => line === 3)).toBe(true);
  });

  test('a text that would become a thousand times as long is not read', () => {
    const bomb = `a: &a [x,x,x]\nb: &b [${'*a,'.repeat(30)}]\nc: [${'*b,'.repeat(30)}]\n`;
    expect(readText(bomb).faults).toHaveLength(1);
  });

  test('nobody is troubled by what anybody types', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { faults, lineOf } = readText(text);
        for (const { line, column } of faults) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
        }
        expect(lineOf(['spec', 'minimum'])).toBeGreaterThan(0);
      }),
    );
  });
});

describe('changing', () => {
  const changed = (after: object): string => {
    const before = (parse(TEXT) as { spec: object }).spec;
    return withEdits(TEXT, editsBetween(before, after, ['spec']));
  };

  test('a value leaves every comment where it is', () => {
    const text = changed({
      ...{ minimum: 2, maximum: 6, scaleDown: { regretSeconds: 30 } },
      factors: { requestsInFlight: { target: 2.5 } },
    });
    expect(text).toBe(TEXT.replace('minimum: 1 ', 'minimum: 2 ').replace('target: 2 ', 'target: 2.5 '));
  });

  test('what is taken away goes with what only it was in', () => {
    const text = changed({ minimum: 1, maximum: 6, factors: { requestsInFlight: { target: 2 } } });
    expect(text).not.toContain('scaleDown');
    expect(text).toContain('# never none');
    expect(text).toContain('# Measured in May.');
  });

  test('what is new is written at its place', () => {
    const before = (parse(TEXT) as { spec: { factors: object } }).spec;
    const text = changed({ ...before, factors: { ...before.factors, memory: { target: 80 } }, mode: 'shadow' });
    expect(parse(text)).toMatchObject({ spec: { mode: 'shadow', factors: { memory: { target: 80 } } } });
    expect(text.split('\n')[0]).toBe('# For the shop.');
  });

  test('nothing changed is the same text', () => {
    expect(changed((parse(TEXT) as { spec: object }).spec)).toBe(TEXT);
  });

  test('any change comes to what was wanted', () => {
    const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 8 }));
    const value = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,5}$/),
      fc.oneof(
        leaf,
        fc.array(leaf, { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), leaf, { minKeys: 1 }),
      ),
    );
    fc.assert(
      fc.property(value, value, (before, after) => {
        const text = stringify({ kind: 'Test', spec: before });
        const next = withEdits(text, editsBetween(before, after, ['spec']));
        expect(parse(next)).toEqual({ kind: 'Test', spec: after });
      }),
    );
  });
});
