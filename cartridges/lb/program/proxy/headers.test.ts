import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { answerHeaders, forwardedHeaders, hasNoClearHost, parseTarget, requestId } from './headers.ts';

const context = {
  host: 'app.example.com',
  requestId: 'r-1',
  arrival: { isBelieved: false, forwardedFor: '192.0.2.7', protocol: 'http', forwardedHost: undefined },
  withoutCookie: undefined,
  connection: undefined,
};
const believed = { isBelieved: true, forwardedFor: '203.0.113.9, 192.0.2.7', protocol: 'https', forwardedHost: 'shop' };

function object(list: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (let index = 0; index < list.length; index += 2) result[list[index]!.toLowerCase()] = list[index + 1]!;
  return result;
}

describe('headers on the way to an instance', () => {
  test('lose what concerns the client’s connection only, and what Connection names', () => {
    const raw = [
      ...['Host', 'app.example.com', 'Connection', 'keep-alive, X-Secret', 'Keep-Alive', 'timeout=5', 'TE', 'trailers'],
      ...['Transfer-Encoding', 'chunked', 'Upgrade', 'h2c', 'X-Secret', '1', 'Expect', '100-continue', 'Accept', '*/*'],
      ...['Proxy-Authorization', 'Basic x'],
    ];
    const sent = object(forwardedHeaders(raw, { ...context, connection: 'keep-alive, X-Secret' }));
    expect(Object.keys(sent).sort()).toEqual([
      'accept',
      'host',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-port',
      'x-forwarded-proto',
      'x-request-id',
    ]);
  });

  test('keep Host and Content-Length even if Connection names them', () => {
    const connection = 'content-length, host';
    const sent = object(forwardedHeaders(['Content-Length', '5'], { ...context, connection }));
    expect(sent).toMatchObject({ host: 'app.example.com', 'content-length': '5' });
  });

  test('say who asked, and do not believe a client who says it himself', () => {
    const raw = ['X-Forwarded-For', '203.0.113.9', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'evil'];
    expect(object(forwardedHeaders(raw, context))).toMatchObject({
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'app.example.com',
    });
    expect(object(forwardedHeaders(raw, { ...context, arrival: believed }))).toMatchObject({
      'x-forwarded-for': '203.0.113.9, 192.0.2.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop',
    });
  });

  test('say which port was asked for, which nobody but a proxy that is believed can say otherwise', () => {
    const raw = ['X-Forwarded-Port', '1'];
    const port = (changes: Partial<typeof context>, list: readonly string[] = []) =>
      object(forwardedHeaders(list, { ...context, ...changes }))['x-forwarded-port'];
    expect(port({})).toBe('80');
    expect(port({ host: 'app.example.com:8081' }, raw)).toBe('8081');
    expect(port({ host: '[2001:db8::1]:8081' })).toBe('8081');
    expect(port({ host: '[2001:db8::1]' })).toBe('80');
    const arrival = { ...believed, forwardedHost: undefined as never };
    expect(port({ arrival })).toBe('443');
    expect(port({ arrival: { ...believed, forwardedHost: 'shop:8443' as never } })).toBe('8443');
    expect(port({ arrival }, raw)).toBe('1');
  });

  test('lose every other claim of who asked, however it is spelt, unless a proxy makes it', () => {
    const claims = ['Forwarded', 'X-Real-IP', 'X-Forwarded-Port', 'X_Forwarded_Server'];
    const raw = [...claims, 'X_Forwarded_For', 'X_Request_Id', 'X-Own'].flatMap((name) => [name, '1']);
    const names = (isBelieved: boolean) =>
      Object.keys(object(forwardedHeaders(raw, isBelieved ? { ...context, arrival: believed } : context)));
    expect(names(false).filter((name) => /_|forwarded$|real|server/.test(name))).toEqual([]);
    expect(names(true)).toEqual(expect.arrayContaining([...claims.map((name) => name.toLowerCase()), 'x-own']));
    expect(names(true)).not.toContain('x_forwarded_for');
    expect(names(true)).not.toContain('x_request_id');
  });

  test('lose the balancer’s own cookie and no other', () => {
    const cookies = (value: string) =>
      object(forwardedHeaders(['Cookie', value], { ...context, withoutCookie: 'cw-1' })).cookie;
    expect(cookies('a=1; cw-1=secret; b=2')).toBe('a=1; b=2');
    expect(cookies('cw-1=secret')).toBeUndefined();
    expect(cookies('xcw-1=mine; cw-11=mine')).toBe('xcw-1=mine; cw-11=mine');
  });

  test('lose the control plane’s cookies, which browsers send to every port of its host', () => {
    const cookies = (value: string, own?: string) =>
      object(forwardedHeaders(['Cookie', value], { ...context, withoutCookie: own })).cookie;
    expect(cookies('a=1; cartwright_session=k.n.t; b=2')).toBe('a=1; b=2');
    expect(cookies('__Host-cartwright_session=k.n.t')).toBeUndefined();
    expect(cookies('cw-1=x;__Host-cartwright_session=a; cartwright_session=b; c=3', 'cw-1')).toBe('c=3');
    expect(cookies('my_cartwright_session=mine; cartwright_sessions=mine')).toBe(
      'my_cartwright_session=mine; cartwright_sessions=mine',
    );
  });

  test('never contain a field of the connection, whatever came', () => {
    const name = fc.constantFrom('connection', 'Transfer-Encoding', 'UPGRADE', 'keep-alive', 'x-a', 'Cookie', 'te');
    const raw = fc.array(fc.tuple(name, fc.string()), { maxLength: 12 }).map((list) => list.flat());
    fc.assert(
      fc.property(raw, fc.string(), (list, connection) => {
        const sent = Object.keys(object(forwardedHeaders(list, { ...context, connection })));
        for (const field of ['connection', 'transfer-encoding', 'upgrade', 'keep-alive', 'te', 'expect'])
          expect(sent).not.toContain(field);
        expect(sent.filter((field) => field === 'host')).toHaveLength(1);
      }),
    );
  });
});

describe('headers on the way back', () => {
  test('lose the connection’s, keep repeated ones, and close when asked', () => {
    const raw = ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Connection', 'x-hop', 'X-Hop', '1', 'Keep-Alive', 'x'];
    expect(
      answerHeaders(
        raw.map((text) => Buffer.from(text)),
        undefined,
      ),
    ).toEqual([...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']]);
    expect(answerHeaders([], 'close')).toEqual(['connection', 'close']);
  });
});

describe('a request’s target', () => {
  test.each([
    ['/a?b=c', 'h', { kind: 'path', host: 'h', path: '/a', query: '?b=c' }],
    ['//a', 'h', { kind: 'path', host: 'h', path: '//a', query: '' }],
    ['http://other:81/a?b', 'h', { kind: 'path', host: 'other:81', path: '/a', query: '?b' }],
    ['HTTP://other', 'h', { kind: 'path', host: 'other', path: '/', query: '' }],
    ['http://other?x', 'h', { kind: 'path', host: 'other', path: '/', query: '?x' }],
    ['http://user@other/', 'h', { kind: 'invalid' }],
    ['*', 'h', { kind: 'invalid' }],
    ['other:443', 'h', { kind: 'invalid' }],
    ['/', undefined, { kind: 'path', host: '', path: '/', query: '' }],
  ])('%s', (url, host, expected) => {
    expect(parseTarget(url, host)).toEqual(expected);
  });

  test('is ambiguous with two hosts', () => {
    expect(hasNoClearHost({ rawHeaders: ['Host', 'a', 'x', 'y'], httpVersion: '1.1' })).toBe(false);
    expect(hasNoClearHost({ rawHeaders: ['Host', 'a', 'hOST', 'a'], httpVersion: '1.1' })).toBe(true);
    expect(hasNoClearHost({ rawHeaders: ['x', 'y'], httpVersion: '1.1' })).toBe(true);
    expect(hasNoClearHost({ rawHeaders: ['x', 'y'], httpVersion: '1.0' })).toBe(false);
  });
});

test('a request id that could forge log lines is replaced', () => {
  expect(requestId('abc-1.2', () => 'fresh')).toBe('abc-1.2');
  for (const hostile of ['a b', 'a\nb', '"', 'x'.repeat(129), '', undefined, ['a', 'b']])
    expect(requestId(hostile, () => 'fresh')).toBe('fresh');
});
