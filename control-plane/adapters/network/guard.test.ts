import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drainGuard } from '../drains/guard.ts';
import { isPublic } from './public-address.ts';

describe('addresses of the public network', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '192.167.1.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s is one',
    (address) => expect(isPublic(address)).toBe(true),
  );

  test.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
    ...['172.31.255.255', '192.0.0.1', '192.168.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '::127.0.0.1',
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
      'fd12::1',
    ],
    ...['ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1', 'localhost', ''],
  ])('%j is none', (address) => expect(isPublic(address)).toBe(false));
});

test('an IPv4 address is the same in its IPv6 form: never public', () => {
  fc.assert(fc.property(fc.ipV4(), (address) => expect(isPublic(`::ffff:${address}`)).toBe(false)));
});

describe('the guard of drains', () => {
  const answering = (...answers: string[][]) => {
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      const next = answers.length > 1 ? answers.shift()! : answers[0]!;
      return next.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
    return { asked, resolve };
  };

  test('answers the public ones of a name’s addresses, and those alone', async () => {
    const { resolve } = answering(['10.0.0.1', '8.8.8.8', '::1']);
    expect(await drainGuard([], resolve).addresses('logs.example')).toEqual([{ address: '8.8.8.8', family: 4 }]);
  });

  test.each([['127.0.0.1'], ['[::1]'], ['[::ffff:10.0.0.1]'], ['169.254.169.254']])(
    'the address %s is refused without being looked up',
    async (host) => {
      const { asked, resolve } = answering([]);
      await expect(drainGuard([], resolve).addresses(host)).rejects.toMatchObject({
        code: 'DRAIN_HOST_NOT_ALLOWED',
      });
      expect(asked).toEqual([]);
    },
  );

  test('a name that means an inner address is refused, with the setting that would allow it', async () => {
    const { resolve } = answering(['192.168.1.5']);
    await expect(drainGuard([], resolve).addresses('inner.example')).rejects.toThrow(
      'inner.example is no host of the public network; an operator can allow it by name: CARTWRIGHT_DRAIN_HOSTS=inner.example',
    );
  });

  test('what an operator has named may be anywhere, by this name only', async () => {
    const { resolve } = answering(['192.168.1.5']);
    const guard = drainGuard(['Inner.Example'], resolve);
    expect(await guard.addresses('inner.example')).toEqual([{ address: '192.168.1.5', family: 4 }]);
    await expect(guard.addresses('other.example')).rejects.toMatchObject({ code: 'DRAIN_HOST_NOT_ALLOWED' });
    await expect(guard.addresses('192.168.1.5')).rejects.toMatchObject({ code: 'DRAIN_HOST_NOT_ALLOWED' });
  });

  test('numbers that the system’s resolver takes for addresses are looked at as what they mean', async () => {
    await expect(drainGuard([]).addresses('2130706433')).rejects.toMatchObject({ name: 'DrainError' });
    await expect(drainGuard([]).addresses('0x7f.1')).rejects.toMatchObject({ name: 'DrainError' });
    await expect(drainGuard([]).addresses('localhost')).rejects.toMatchObject({ code: 'DRAIN_HOST_NOT_ALLOWED' });
  });

  test('a name that cannot be looked up is no refusal: it is tried again', async () => {
    const failing = async () => Promise.reject(Object.assign(new Error('no'), { code: 'EAI_AGAIN' }));
    const error: unknown = await drainGuard([], failing)
      .addresses('a.example')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'DRAIN_UNREACHABLE', isFinal: false });
  });
});
