import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { tokenIn, withoutCookie } from './affinity.ts';

const TOKEN = 'abcdefghijklmnop_-0123';

describe('the token among cookies', () => {
  test.each([
    [`cw-1=${TOKEN}`, TOKEN],
    [`a=b; cw-1=${TOKEN}; c`, TOKEN],
    [`cw-1=short; cw-1=${TOKEN}`, undefined],
    [`cw-1=${TOKEN}!`, undefined],
    [`cw-1=${'x'.repeat(65)}`, undefined],
    [`xcw-1=${TOKEN}`, undefined],
    ['', undefined],
    [undefined, undefined],
  ])('of %p is %p', (cookies, token) => {
    expect(tokenIn(cookies, 'cw-1')).toBe(token);
  });

  test('is found whatever stands around it, and is the only thing that is taken out', () => {
    const other = fc.stringMatching(/^[a-z]{1,5}(=[^;,\s=]{0,8})?$/);
    fc.assert(
      fc.property(fc.array(other), fc.array(other), (before, after) => {
        const cookies = [...before, `cw-1=${TOKEN}`, ...after].join('; ');
        expect(tokenIn(cookies, 'cw-1')).toBe(TOKEN);
        expect(withoutCookie(cookies, 'cw-1')).toBe([...before, ...after].join('; '));
      }),
    );
  });
});
