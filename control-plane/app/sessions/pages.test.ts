import { describe, expect, test } from '@jest/globals';
import { baseOf, isOwnPage, schemeOf, shownSession } from './pages.ts';

const PUBLIC = 'https://paas.example';
const host = '127.0.0.1:4747';

describe('a page of the control plane’s own', () => {
  test.each([
    [{ origin: 'http://127.0.0.1:4747', host }, null],
    [{ origin: 'https://127.0.0.1:4747', host }, null],
    [{ origin: PUBLIC, host }, PUBLIC],
    [{ origin: PUBLIC, host: 'paas.example' }, null],
  ])('is %j, with %j as the public one', (headers, publicOrigin) => {
    expect(isOwnPage(headers, publicOrigin)).toBe(true);
  });

  test.each([
    [{ host }, null],
    [{ origin: '', host }, null],
    [{ origin: 'null', host }, null],
    [{ origin: 'http://127.0.0.1', host }, null],
    [{ origin: 'http://127.0.0.1:8080', host }, null],
    [{ origin: PUBLIC, host }, null],
    [{ origin: 'http://paas.example', host }, PUBLIC],
    [{ origin: 'https://paas.example.evil.example', host }, PUBLIC],
    [{ origin: `ftp://${host}`, host }, null],
    [{ origin: 'http://127.0.0.1:4747' }, null],
  ])('is not %j, with %j as the public one', (headers, publicOrigin) => {
    expect(isOwnPage(headers, publicOrigin)).toBe(false);
  });
});

describe('how a browser came', () => {
  test.each([
    [{ origin: 'http://127.0.0.1:4747', host }, null, false, 'http', 'http://127.0.0.1:4747'],
    [{ origin: 'https://paas.example', host: 'paas.example' }, null, false, 'https', PUBLIC],
    [{ origin: PUBLIC, host }, PUBLIC, false, 'https', PUBLIC],
    [{ host: 'paas.example' }, PUBLIC, false, 'https', PUBLIC],
    [{ host }, PUBLIC, false, 'http', 'http://127.0.0.1:4747'],
    [{ host }, null, true, 'https', 'https://127.0.0.1:4747'],
    [{ host: '[::1]:4747' }, null, false, 'http', 'http://[::1]:4747'],
    // What another page says of itself says nothing of this host.
    [{ origin: 'https://evil.example', host }, null, false, 'http', 'http://127.0.0.1:4747'],
    [{}, null, false, 'http', null],
    [{ host: 'a/b' }, null, false, 'http', null],
    [{ host: 'user@a' }, null, false, 'http', null],
    [{ host: 'a?b' }, null, false, 'http', null],
    [{ host: 'a b' }, null, false, 'http', null],
  ])('is told by %j, %j, and the connection (encrypted: %j)', (headers, publicOrigin, isEncrypted, scheme, base) => {
    expect(schemeOf(headers, { publicOrigin, isEncrypted })).toBe(scheme);
    expect(baseOf(headers, { publicOrigin, isEncrypted })).toBe(base);
  });
});

test('the session is what the cookie of the browser’s own way holds, and no other', () => {
  const cookie =
    'cartwright_session=plain; x=cartwright_session=y; __Host-cartwright_session=secure; cartwright_session=late';
  expect(shownSession({ cookie }, 'http')).toBe('plain');
  expect(shownSession({ cookie }, 'https')).toBe('secure');
  expect(shownSession({ cookie: 'cartwright_session=plain' }, 'https')).toBeUndefined();
  expect(shownSession({ cookie: '__Host-cartwright_session=secure' }, 'http')).toBeUndefined();
  for (const none of [undefined, '', ';', '=', 'cartwright_session', 'cartwright_session=', 'xcartwright_session=a'])
    expect(shownSession({ cookie: none }, 'http')).toBeUndefined();
  expect(shownSession({ cookie: `cartwright_session=${'x'.repeat(513)}` }, 'http')).toBeUndefined();
});
