import { describe, expect, test } from '@jest/globals';
import { createVault } from '../../adapters/secrets/vault.ts';
import { testKey } from '../testing/vault.ts';
import { open, seal } from './sealed.ts';

const session = { id: 'a'.repeat(22), token: '01hzzzzzzzzzzzzzzzzzzzzzzz', expiresAt: 1_800_000_000_000 };

describe('a sealed session', () => {
  test('opens with the key that sealed it, also when there is a newer one, and with no other', () => {
    const key = testKey();
    const sealed = seal(createVault([key]), session);
    expect(open(createVault([key]), sealed)).toMatchObject(session);
    expect(open(createVault([key, testKey()]), sealed)).toMatchObject(session);
    expect(open(createVault([testKey()]), sealed)).toBeUndefined();
    expect(open(createVault([]), sealed)).toBeUndefined();
  });

  test('fits into a cookie and says nothing', () => {
    const sealed = seal(createVault([testKey()]), session);
    expect(sealed).toMatch(/^[\w.-]{1,512}$/);
    const text = sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    for (const said of [session.token, session.id]) expect(sealed + text.join('')).not.toContain(said);
  });

  test('with another bit anywhere is none', () => {
    const vault = createVault([testKey()]);
    const sealed = seal(vault, session);
    const [key, nonce, text] = sealed.split('.') as [string, string, string];
    const changed = (part: string): string => {
      const bytes = Buffer.from(part, 'base64url');
      bytes[3]! ^= 1;
      return bytes.toString('base64url');
    };
    for (const other of [`${key}.${changed(nonce)}.${text}`, `${key}.${nonce}.${changed(text)}`, `${key}.${text}`])
      expect(open(vault, other)).toBeUndefined();
  });

  test('is nothing else that the vault has sealed, though it has the same content', () => {
    const vault = createVault([testKey()]);
    const identity = { tenant: 'acme', uid: '01h', name: 'session', version: 1 };
    const { key, nonce, text } = vault.seal(identity, JSON.stringify({ v: 1, ...session }));
    const other = [key, ...[nonce, text].map((part) => Buffer.from(part, 'base64').toString('base64url'))].join('.');
    expect(open(vault, other)).toBeUndefined();
  });

  test('cannot be made without a key, and the error says what to do', () => {
    expect(() => seal(createVault([]), session)).toThrow(/nobody can sign in.*cartwright keys rotate/);
  });

  test.each(['', '.', '..', 'a.b.c', 'null', '{}', 'x'.repeat(5000), '__proto__.__proto__.__proto__'])(
    '%j is none',
    (text) => expect(open(createVault([testKey()]), text)).toBeUndefined(),
  );
});
