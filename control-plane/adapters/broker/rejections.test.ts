import { describe, expect, test } from '@jest/globals';
import { Rejections } from './rejections.ts';

function make() {
  let now = 0;
  const lines: unknown[] = [];
  const warn = (line: unknown) => void lines.push(line);
  const rejections = new Rejections({ warn }, undefined, () => now);
  return { rejections, lines, wait: (milliseconds: number) => (now += milliseconds) };
}

describe('refusals', () => {
  test('are all counted, and logged once a minute for each source and reason', () => {
    const { rejections, lines, wait } = make();
    for (let second = 0; second < 120; second += 1) {
      rejections.count('flood', 'web-1', 'detail');
      rejections.count('flood', 'web-2', 'detail');
      rejections.count('subscribe', 'web-1', '#');
      wait(1000);
    }
    expect(Object.fromEntries(rejections.counts)).toEqual({ flood: 240, subscribe: 120 });
    expect(lines).toHaveLength(6);
  });

  test('of sources that somebody makes up do not grow what is kept, nor are their names printed in full', () => {
    const { rejections, lines } = make();
    for (let index = 0; index < 5000; index += 1)
      rejections.count('identifier', `${index}-${'x'.repeat(1000)}`, 'y'.repeat(1000));
    expect(rejections.counts.get('identifier')).toBe(5000);
    expect(lines.every((line) => JSON.stringify(line).length < 500)).toBe(true);
  });
});
