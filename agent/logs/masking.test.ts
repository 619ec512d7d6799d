import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { credentialsIn, Masking } from './masking.ts';

const MASK = '••••••';
const masking = (...values: string[]) => {
  const made = new Masking();
  made.set('test', values);
  return made;
};

describe('masking', () => {
  test.each([
    ['as it is', 'swordfish', 'password swordfish!', `password ${MASK}!`],
    ['in JSON', 'a"b\\c/d', '{"p":"a\\"b\\\\c/d"}', `{"p":"${MASK}"}`],
    ['in a URL', 'p@ss word/', 'https://u:p%40ss%20word%2F@h', `https://u:${MASK}@h`],
    ['in base64', 'swordfish', 'Bearer c3dvcmRmaXNo', `Bearer ${MASK}`],
    ['one line of several', '-----BEGIN\nMIIEvQ-secret\n', 'key MIIEvQ-secret', `key ${MASK}`],
    ['several times', 'swordfish', 'swordfish,swordfish', `${MASK},${MASK}`],
    ['not if it is short', 'short', 'short', 'short'],
  ])('a value %s', (_name, value, line, expected) => {
    expect(masking(value).apply(line)).toBe(expected);
  });

  test('values that overlap leave nothing of either', () => {
    expect(masking('abcdefgh', 'efghijkl').apply('x abcdefghijkl y')).toBe(`x ${MASK} y`);
    expect(masking('abcdefgh', 'abcdefghij').apply('abcdefghij')).toBe(MASK);
  });

  test('a value that lies across the cut of a line is masked whole', () => {
    expect(masking('swordfish').apply('0123swordfish89', 6)).toBe(`0123${MASK}`);
    expect(masking('swordfish').apply('swordfish swordfi', 12)).toBe(`${MASK} sw`);
    expect(masking('swordfish').apply('0123456swordfish', 6)).toBe('012345');
  });

  test('sources are kept apart, and a new set takes the place of the old one', () => {
    const made = masking('swordfish');
    made.set('other', ['marigold']);
    made.set('test', []);
    expect(made.apply('swordfish marigold')).toBe(`swordfish ${MASK}`);
    expect(made.longest).toBe('marigold'.length + 3);
  });

  test('whatever the values and the text, none of them is left', () => {
    const value = fc.stringMatching(/^[abc.*+$]{6,9}$/);
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 5 }),
        fc.array(fc.oneof(value, fc.stringMatching(/^[abc.*+$]{0,5}$/))),
        (values, pieces) => {
          const made = masking(...values);
          const text = values.concat(pieces).sort().join('');
          const masked = made.apply(text);
          for (const each of values) expect(masked).not.toContain(each);
        },
      ),
    );
  });
});

test('credentials in URLs of an environment', () => {
  expect(
    credentialsIn({
      DATABASE_URL: 'postgres://shop:p%40ssword@db:5432/shop',
      GIT: 'see https://ghp_token@example.org/x.git',
      SSH: 'ssh://git@example.org/x.git',
      TWO: 'redis://:first-one@a,redis://:second-one@b',
      PLAIN: 'http://example.org/a@b',
      BROKEN: 'amqp://u:100%@h',
    }),
  ).toEqual([
    'p%40ssword',
    'p@ssword',
    'ghp_token',
    'ghp_token',
    'first-one',
    'first-one',
    'second-one',
    'second-one',
    '100%',
    '100%',
  ]);
});
