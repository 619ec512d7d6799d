import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unifiedHunks } from './unified.ts';

const lines = (text: string): string[] => [...text];

describe('a unified diff', () => {
  test('is what diff -u prints', () => {
    expect(unifiedHunks(lines('abcdefghij'), lines('abcdXfghijk'))).toEqual([
      '@@ -2,9 +2,10 @@',
      ...[' b', ' c', ' d', '-e', '+X', ' f', ' g', ' h', ' i', ' j', '+k'],
    ]);
  });

  test('has a hunk for each place', () => {
    expect(unifiedHunks(lines('a123456789b'), lines('A123456789B'))).toEqual([
      '@@ -1,4 +1,4 @@',
      ...['-a', '+A', ' 1', ' 2', ' 3'],
      '@@ -8,4 +8,4 @@',
      ...[' 7', ' 8', ' 9', '-b', '+B'],
    ]);
  });

  test('of a text that was not there begins at 0', () => {
    expect(unifiedHunks([], ['a', 'b'])).toEqual(['@@ -0,0 +1,2 @@', '+a', '+b']);
    expect(unifiedHunks(['a'], [])).toEqual(['@@ -1,1 +0,0 @@', '-a']);
  });

  test('of equal texts is empty', () => {
    expect(unifiedHunks(lines('abc'), lines('abc'))).toEqual([]);
    expect(unifiedHunks([], [])).toEqual([]);
  });

  test('with too many differences says all of both', () => {
    const [before, after] = [0, 1].map((side) => Array.from({ length: 2500 }, (_, index) => `${side} ${index}`));
    expect(unifiedHunks(before!, after!)).toHaveLength(5001);
  });

  test('leads from the one to the other, and is as short as can be', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 25 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const hunks = unifiedHunks(before, after);
        expect(patched(before, hunks)).toEqual(after);
        const changed = hunks.filter((line) => /^[-+]/.test(line)).length;
        expect(changed).toBe(before.length + after.length - 2 * commonLength(before, after));
      }),
      { numRuns: 1000 },
    );
  });
});

/** As patch does it. */
function patched(before: readonly string[], hunks: readonly string[]): string[] {
  const result: string[] = [];
  let at = 0;
  for (const line of hunks) {
    const head = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(line);
    if (head !== null) {
      const start = Number(head[2]) === 0 ? Number(head[1]) : Number(head[1]) - 1;
      result.push(...before.slice(at, start));
      at = start;
      expect(Number(head[4]) === 0 ? Number(head[3]) : Number(head[3]) - 1).toBe(result.length);
      continue;
    }
    if (!line.startsWith('+')) expect(before[at++]).toBe(line.slice(1));
    if (!line.startsWith('-')) result.push(line.slice(1));
  }
  return [...result, ...before.slice(at)];
}

/** Length of the longest common subsequence. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let last = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const row = [0];
    for (const [j, y] of b.entries()) row.push(x === y ? last[j]! + 1 : Math.max(last[j + 1]!, row[j]!));
    last = row;
  }
  return last[b.length]!;
}
