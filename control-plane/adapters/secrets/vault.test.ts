import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SecretIdentity } from '../../app/ports/vault.ts';
import { testKey as key } from '../../app/testing/vault.ts';
import { createVault } from './vault.ts';

const identity: SecretIdentity = { tenant: 'acme', uid: '01h', name: 'DB_PASSWORD', version: 3 };

function codeOf(work: () => unknown): { code: string; message: string } | undefined {
  try {
    work();
  } catch (error) {
    return error as { code: string; message: string };
  }
  return undefined;
}

test('what was sealed opens again, whatever it is, and never looks the same twice', () => {
  const vault = createVault([key()]);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (value) => {
      const [one, two] = [vault.seal(identity, value), vault.seal(identity, value)];
      expect(vault.open(identity, one)).toBe(value);
      expect(one.nonce).not.toBe(two.nonce);
      expect(one.text).not.toBe(two.text);
    }),
  );
});

test('what was sealed does not hold the value', () => {
  const sealed = JSON.stringify(createVault([key()]).seal(identity, 'correct horse battery staple'));
  expect(sealed).not.toContain('correct horse');
  expect(sealed).not.toContain(Buffer.from('correct horse battery staple').toString('base64').slice(0, 12));
});

test.each([
  ['tenant', { tenant: 'beta' }],
  ['uid', { uid: '01j' }],
  ['name', { name: 'API_TOKEN' }],
  ['version', { version: 4 }],
  ['tenant and uid that together are the same text', { tenant: 'acme01', uid: 'h' }],
])('a value that is moved to another %s does not open', (_what, change) => {
  const vault = createVault([key()]);
  const sealed = vault.seal(identity, 'value');
  expect(codeOf(() => vault.open({ ...identity, ...change }, sealed))?.code).toBe('SECRET_DAMAGED');
});

test('no byte can be changed, cut off or added', () => {
  const vault = createVault([key()]);
  const sealed = vault.seal(identity, 'a value');
  const text = Buffer.from(sealed.text, 'base64');
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(text);
      changed[at]! ^= flip;
      const other = { ...sealed, text: changed.toString('base64') };
      expect(codeOf(() => vault.open(identity, other))?.code).toBe('SECRET_DAMAGED');
    }),
  );
  for (const other of [text.subarray(0, -1), text.subarray(1), Buffer.concat([text, Buffer.of(0)]), Buffer.of()])
    expect(codeOf(() => vault.open(identity, { ...sealed, text: other.toString('base64') }))?.code).toBe(
      'SECRET_DAMAGED',
    );
});

test('the newest key seals and every key opens', () => {
  const [old, present] = [key(), key()];
  const before = createVault([old]).seal(identity, 'value');
  const vault = createVault([old, present]);
  expect(vault.currentKey).toBe(present.id);
  expect(vault.open(identity, before)).toBe('value');
  expect(vault.seal(identity, 'value').key).toBe(present.id);
});

test('a value whose key is lost is refused by name, and the message does not hold it', () => {
  const sealed = createVault([key()]).seal(identity, 'value');
  const vault = createVault([key()]);
  expect(vault.has(sealed.key)).toBe(false);
  const refusal = codeOf(() => vault.open(identity, sealed));
  expect(refusal?.code).toBe('SECRET_KEY_MISSING');
  expect(refusal?.message).toContain('version 3 of the secret DB_PASSWORD');
  expect(refusal?.message).toContain(sealed.key);
});

test('without any key nothing is sealed, and the error says what to do', () => {
  const vault = createVault([]);
  expect(vault.currentKey).toBeUndefined();
  const refusal = codeOf(() => vault.seal(identity, 'value'));
  expect(refusal?.code).toBe('SECRET_KEY_MISSING');
  expect(refusal?.message).toContain('cartwright keys rotate');
});

test('what is derived is the same with each start, for one purpose and subject, and by the newest key first', () => {
  const [old, present] = [key(), key()];
  const [before] = createVault([old]).derive('tokens', 'a');
  const [now, earlier, ...more] = createVault([old, present]).derive('tokens', 'a');
  expect(more).toEqual([]);
  expect(earlier).toBe(before);
  expect(now).toMatch(/^[\w-]{43}$/);
  const all = [
    now,
    before,
    ...createVault([old, present]).derive('tokens', 'b'),
    ...createVault([old]).derive('b', 'a'),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(createVault([]).derive('tokens', 'a')).toEqual([]);
});
