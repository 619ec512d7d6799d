import { expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import { SignInCodes } from './codes.ts';

const NOW = 1_800_000_000_000;
const MINUTES = 60_000;
const ANN = { token: 'ann', until: null };
const BOB = { token: 'bob', until: null };

test('a code stands for its token once, and no two are the same', () => {
  const codes = new SignInCodes();
  const [one, other] = [codes.issue(ANN, NOW), codes.issue(BOB, NOW)];
  expect(one.code).toMatch(/^[\w-]{43}$/);
  expect(one.code).not.toBe(other.code);
  expect(one.expiresAt).toBe(NOW + 5 * MINUTES);
  expect([codes.use(one.code, NOW), codes.use(one.code, NOW)]).toEqual([expect.objectContaining(ANN), undefined]);
  expect(codes.use(other.code, NOW + 5 * MINUTES - 1)?.token).toBe('bob');
});

test('a code is looked at without being used, as long as it is one', () => {
  const codes = new SignInCodes();
  const { code } = codes.issue(ANN, NOW);
  expect([codes.look(code, NOW), codes.look(code, NOW)]).toEqual([
    expect.objectContaining(ANN),
    expect.objectContaining(ANN),
  ]);
  expect(codes.look(code, NOW + 5 * MINUTES)).toBeUndefined();
  codes.use(code, NOW);
  expect([codes.look(code, NOW), codes.look('__proto__', NOW)]).toEqual([undefined, undefined]);
});

test('a code ends after five minutes, and is not remembered beyond', () => {
  const codes = new SignInCodes();
  const { code } = codes.issue(ANN, NOW);
  expect(codes.use(code, NOW + 5 * MINUTES)).toBeUndefined();
  codes.issue(ANN, NOW);
  codes.issue(BOB, NOW + 5 * MINUTES);
  expect(codes.size).toBe(1);
});

test('a code that a session made ends with that session, and so does what it begins', () => {
  const codes = new SignInCodes();
  const until = NOW + MINUTES;
  const { code, expiresAt } = codes.issue({ token: 'ann', until }, NOW);
  expect(expiresAt).toBe(until);
  expect(codes.use(code, NOW)?.until).toBe(until);
  expect(codes.use(codes.issue({ token: 'ann', until }, NOW).code, until)).toBeUndefined();
});

test('a token has ten at once, the newest, and takes none from another', () => {
  const codes = new SignInCodes();
  const bobs = codes.issue(BOB, NOW);
  const issued = Array.from({ length: 12 }, () => codes.issue(ANN, NOW).code);
  expect(codes.size).toBe(11);
  expect(issued.map((code) => codes.use(code, NOW)?.token)).toEqual([
    ...Array<undefined>(2).fill(undefined),
    ...Array<string>(10).fill('ann'),
  ]);
  expect(codes.use(bobs.code, NOW)?.token).toBe('bob');
});

test.each(['', 'x', '__proto__', 'x'.repeat(43), 'x'.repeat(10_000)])('%j is no code', (code) => {
  const codes = new SignInCodes();
  codes.issue(ANN, NOW);
  expect(codes.use(code, NOW)).toBeUndefined();
});

test('what is remembered holds no code', () => {
  const codes = new SignInCodes();
  const { code } = codes.issue(ANN, NOW);
  expect(inspect(codes, { showHidden: true, depth: 9 })).not.toContain(code);
});
