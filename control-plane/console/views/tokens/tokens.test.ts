import { expect, test } from '@jest/globals';
import { isGood, lifetimeInput, rolesUpTo, stateOf } from './tokens.ts';

const NOW = Date.parse('2026-03-01T00:00:00.000Z');

test.each([
  [{ revokedAt: null, expiresAt: null }, 'valid', true],
  [{ revokedAt: null, expiresAt: '2026-06-01T00:00:00.000Z' }, 'valid', true],
  [{ revokedAt: null, expiresAt: '2026-03-05T00:00:00.000Z' }, 'ends-soon', true],
  [{ revokedAt: null, expiresAt: '2026-03-01T00:00:00.000Z' }, 'expired', false],
  [{ revokedAt: '2026-02-01T00:00:00.000Z', expiresAt: '2026-06-01T00:00:00.000Z' }, 'revoked', false],
] as const)('%j is %s', (token, state, good) => {
  expect(stateOf(token, NOW)).toBe(state);
  expect(isGood(stateOf(token, NOW))).toBe(good);
});

test('nobody is offered to give more than they have', () => {
  expect(rolesUpTo('ADMIN').map(({ role }) => role)).toEqual(['VIEWER', 'DEPLOYER', 'ADMIN']);
  expect(rolesUpTo('OPERATOR')).toHaveLength(4);
});

test('a lifetime is sent in seconds, or as none', () => {
  expect(lifetimeInput(90)).toEqual({ neverExpires: false, expiresInSeconds: 7_776_000 });
  expect(lifetimeInput(null)).toEqual({ neverExpires: true });
});
