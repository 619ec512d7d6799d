import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrivalOf, trustIn, type Trust } from './arrival.ts';

const arrival = (remoteAddress: string, headers: IncomingHttpHeaders, trust: Trust) =>
  arrivalOf({ socket: { remoteAddress } as Socket, headers }, trust);
const chain = (remoteAddress: string, forwardedFor: string, ...proxies: string[]) => {
  const { client, forwardedFor: sent } = arrival(remoteAddress, { 'x-forwarded-for': forwardedFor }, trustIn(proxies));
  return { client, sent };
};

const CLAIMS = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil' };

test('nobody is believed where nobody is named', () => {
  for (const trust of [trustIn([]), trustIn(['192.0.2.8', '2001:db8::/32'])])
    expect(arrival('192.0.2.7', CLAIMS, trust)).toEqual({
      ...{ isBelieved: false, client: '192.0.2.7', forwardedFor: '192.0.2.7', protocol: 'http' },
      forwardedHost: undefined,
    });
});

describe('behind proxies that are believed', () => {
  test('the client is whom the first of them has seen, and what it claimed itself is cut off', () => {
    expect(chain('10.0.0.1', '6.6.6.6, 203.0.113.9', '10.0.0.0/8')).toEqual({
      client: '203.0.113.9',
      sent: '203.0.113.9, 10.0.0.1',
    });
    expect(chain('10.0.0.1', '6.6.6.6, 203.0.113.9, 192.0.2.1', '10.0.0.0/8', '192.0.2.1')).toEqual({
      client: '203.0.113.9',
      sent: '203.0.113.9, 192.0.2.1, 10.0.0.1',
    });
  });

  test('the protocol and the host are theirs', () => {
    expect(arrival('10.0.0.1', CLAIMS, trustIn(['10.0.0.0/8']))).toMatchObject({
      ...{ isBelieved: true, protocol: 'https', forwardedHost: 'evil' },
    });
  });

  test.each([
    ['nobody named', '', { client: '10.0.0.1', sent: '10.0.0.1' }],
    ['no address', 'unknown', { client: '10.0.0.1', sent: '10.0.0.1' }],
    ['no address in between', '203.0.113.9, unknown', { client: '10.0.0.1', sent: '10.0.0.1' }],
    ['only proxies', '10.0.0.3, 10.0.0.2', { client: '10.0.0.3', sent: '10.0.0.3, 10.0.0.2, 10.0.0.1' }],
    ['a port', '203.0.113.9:4711', { client: '203.0.113.9', sent: '203.0.113.9, 10.0.0.1' }],
    ['IPv6 with a port', '[2001:db8::9]:443', { client: '2001:db8::9', sent: '2001:db8::9, 10.0.0.1' }],
    ['a mapped address', '::ffff:203.0.113.9', { client: '203.0.113.9', sent: '203.0.113.9, 10.0.0.1' }],
  ])('%s', (_name, forwardedFor, expected) => {
    expect(chain('10.0.0.1', forwardedFor, '10.0.0.0/8')).toEqual(expected);
  });

  test('IPv6 networks, and IPv4 peers of an IPv6 socket, are known', () => {
    expect(chain('2001:db8:1::1', '203.0.113.9', '2001:db8::/32').client).toBe('203.0.113.9');
    expect(chain('2001:db9::1', '203.0.113.9', '2001:db8::/32').client).toBe('2001:db9::1');
    expect(chain('::ffff:10.0.0.1', '203.0.113.9', '10.0.0.0/8').client).toBe('203.0.113.9');
  });

  test('whatever is claimed, the client is one that no proxy vouches for, or the last proxy', () => {
    const address = fc.ipV4();
    fc.assert(
      fc.property(fc.array(fc.oneof(address, fc.string()), { maxLength: 6 }), address, (claimed, seen) => {
        fc.pre(!seen.startsWith('10.'));
        const { client, sent } = chain('10.0.0.1', [...claimed, seen].join(','), '10.0.0.0/8');
        expect({ client, sent }).toEqual({ client: seen, sent: `${seen}, 10.0.0.1` });
      }),
    );
  });
});

test('with everybody believed, all is kept and the client is whom the peer names', () => {
  const { client, forwardedFor } = arrival(
    '192.0.2.7',
    { 'x-forwarded-for': '1.2.3.4, 203.0.113.9' },
    { kind: 'everybody' },
  );
  expect({ client, forwardedFor }).toEqual({
    client: '203.0.113.9',
    forwardedFor: '1.2.3.4, 203.0.113.9, 192.0.2.7',
  });
});
