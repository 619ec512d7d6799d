import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { entryOf } from '../../clusters/testing/entry.ts';
import { FILTER_KEYS, parseFilter } from './filter.ts';

const paused = { reason: 'a migration', by: 'ops', since: '2026-01-01T00:00:00.000Z' };
const shop = entryOf({ attention: [{ code: 'at-maximum', severity: 'WARNING', sentence: 'more would be needed' }] });
const mail = entryOf({
  ...{ uid: 'B', tenant: 'globex', applicationName: 'mail', alias: 'smtp', cartridge: 'tomcat', state: 'SCALING_UP' },
  paused,
  sampleAgeSeconds: 30,
});
const matched = (text: string): string[] =>
  [shop, mail].filter(parseFilter(text).matches).map(({ applicationName }) => applicationName);

describe('a filter', () => {
  test.each([
    ['', ['shop', 'mail']],
    ['   ', ['shop', 'mail']],
    ['SHOP', ['shop']],
    ['m', ['shop', 'mail']],
    ['acme/shop', ['shop']],
    ['tenant:glob', ['mail']],
    ['application:shop', ['shop']],
    ['alias:smtp', ['mail']],
    ['cartridge:node', ['shop']],
    ['state:running', ['shop']],
    ['state:scaling-up', ['mail']],
    ['state:scal', ['mail']],
    ['state:late', ['mail']],
    ['state:paused', ['mail']],
    ['state:running,paused', ['shop', 'mail']],
    ['attention:any', ['shop']],
    ['attention:warning', ['shop']],
    ['attention:critical', []],
    ['attention:at-max', ['shop']],
    ['-attention:any', ['mail']],
    ['-shop', ['mail']],
    ['tenant:acme state:paused', []],
    ['state:', ['shop', 'mail']],
  ])('“%s” finds %j', (text, expected) => {
    expect(matched(text)).toEqual(expected);
  });

  test('says which keys there are not, and finds nothing by them', () => {
    expect(parseFilter('shop colour:red constructor:x').unknown).toEqual(['colour:red', 'constructor:x']);
    expect(matched('shop colour:red')).toEqual([]);
  });

  test('has every key that is explained', () => {
    for (const { key, example } of FILTER_KEYS) {
      expect(example.startsWith(`${key}:`)).toBe(true);
      expect(parseFilter(example).unknown).toEqual([]);
    }
  });
});

const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('shop', 'state:running', 'tenant:acme,globex', 'attention:any', 'alias:w', '-mail', 'nothing:x'),
);
const text = fc.array(word, { maxLength: 4 }).map((words) => words.join(' '));

test('any text is a filter, and another word never finds more', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const both = parseFilter(`${a} ${b}`);
      for (const entry of [shop, mail]) {
        if (both.matches(entry)) expect(parseFilter(a).matches(entry) && parseFilter(b).matches(entry)).toBe(true);
      }
    }),
  );
});

test('a word and its reverse share no service cluster, and miss none', () => {
  fc.assert(
    fc.property(fc.constantFrom('shop', 'state:running', 'tenant:acme', 'attention:any', 'x'), (one) => {
      for (const entry of [shop, mail])
        expect(parseFilter(`-${one}`).matches(entry)).toBe(!parseFilter(one).matches(entry));
    }),
  );
});
