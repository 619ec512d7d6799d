import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalHost, RouteTable } from './routes.ts';

const table = new RouteTable([
  ['web', [{ path: '/' }]],
  ['api', [{ path: '/api' }]],
  ['api-v2', [{ path: '/api/v2/' }]],
  ['shop', [{ host: 'Shop.Example.com', path: '/' }]],
  ['basket', [{ host: 'shop.example.com', path: '/basket' }]],
]);

describe('a route table', () => {
  test.each([
    ['any.host', '/', 'web'],
    ['any.host', '/apis', 'web'],
    ['any.host', '/api', 'api'],
    ['any.host', '/api/', 'api'],
    ['any.host', '/api/v1', 'api'],
    ['any.host', '/api/v2', 'api-v2'],
    ['any.host', '/api/v20', 'api'],
    ['shop.example.com', '/api', 'shop'],
    ['SHOP.example.com.:8080', '/basket/1', 'basket'],
    ['', '/', 'web'],
  ])('leads %s%s to %s', (host, path, alias) => {
    expect(table.find(host, path)?.alias).toBe(alias);
  });

  test('finds nothing where nothing is routed', () => {
    expect(new RouteTable([['api', [{ host: 'a.b', path: '/api' }]]]).find('a.b', '/')).toBeUndefined();
    expect(new RouteTable([['api', [{ host: 'a.b', path: '/' }]]]).find('b.a', '/')).toBeUndefined();
  });

  test('gives a route that two claim to the alias that sorts first, in whatever order they came', () => {
    const claims: [string, { path: string }[]][] = [
      ['b', [{ path: '/x' }]],
      ['a', [{ path: '/x' }]],
    ];
    expect(new RouteTable(claims).find('h', '/x')?.alias).toBe('a');
    expect(new RouteTable(claims.toReversed()).find('h', '/x')?.alias).toBe('a');
  });

  test('matches the longest prefix of whole segments', () => {
    const segment = fc.constantFrom('a', 'b', 'ab');
    const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
    fc.assert(
      fc.property(fc.uniqueArray(path, { minLength: 1, maxLength: 8 }), path, (prefixes, wanted) => {
        const routes = new RouteTable(prefixes.map((prefix) => [prefix, [{ path: prefix }]] as const));
        const segments = wanted === '/' ? [] : wanted.slice(1).split('/');
        const candidates = segments.map((_, index) => `/${segments.slice(0, segments.length - index).join('/')}`);
        const expected = [...candidates, '/'].find((candidate) => prefixes.includes(candidate));
        expect(routes.find('h', wanted)?.alias).toBe(expected);
      }),
    );
  });

  test('reads a host without its port, its case and its final dot', () => {
    expect(canonicalHost('[::1]:80')).toBe('[::1]');
    expect(canonicalHost('A.b:')).toBe('a.b');
    expect(canonicalHost('a.b.')).toBe('a.b');
  });
});
