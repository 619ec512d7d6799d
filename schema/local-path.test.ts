import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isLocalPath } from './local-path.ts';

describe('a local path', () => {
  test.each(['/', '/applications/shop/web', '/audit?tenant=acme', '/a?b=//c#d', '/a//b', '/%2f%2fevil.example', '/ä'])(
    'is %j',
    (path) => expect(isLocalPath(path)).toBe(true),
  );

  test.each([
    '',
    'applications',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/a\\b',
    'https://evil.example',
    'javascript:alert(1)',
    ' /a',
    '/a b',
    '/\t/evil.example',
    '/\n/evil.example',
    '/a\u0000',
    '/a\u202eb',
    '/.//evil.example',
    '/..//evil.example',
    '/%2e//evil.example',
    `/${'x'.repeat(500)}`,
  ])('is not %j', (path) => expect(isLocalPath(path)).toBe(false));

  test('leads to its page’s own host, whatever a browser makes of it', () => {
    const part = fc.constantFrom('/', '\\', '.', '..', '@', ':', '?', '#', '%2f', '%5c', 'evil.example', 'http:', '\t');
    const path = fc.oneof(
      fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('')}`),
      fc.string({ unit: 'binary', maxLength: 40 }),
    );
    fc.assert(
      fc.property(path, (text) => {
        if (!isLocalPath(text)) return;
        const once = new URL(text, 'https://paas.example/sign-in');
        expect(once.origin).toBe('https://paas.example');
        // Also for who takes its path alone, and goes there.
        const again = new URL(once.pathname + once.search + once.hash, 'https://paas.example');
        expect([again.origin, again.pathname]).toEqual([once.origin, once.pathname]);
      }),
      { numRuns: 2000 },
    );
  });
});
