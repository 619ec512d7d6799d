import { describe, expect, test } from '@jest/globals';
import { defaultParseSearch, defaultStringifySearch } from '@tanstack/react-router';
import fc from 'fast-check';
import { asked, changed, filterOf, logSearch, type LogSearch } from './address.ts';
import { LEVELS } from './store/entry.ts';

const name = fc.stringMatching(/^[a-z0-9-]{1,40}$/);
const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(8e14) }).map((date) => date.toISOString());
const search: fc.Arbitrary<LogSearch> = fc.record(
  {
    text: fc.string({ minLength: 1, maxLength: 60 }),
    pattern: fc.string({ minLength: 1, maxLength: 60 }),
    level: fc.constantFrom(...LEVELS),
    alias: name,
    instance: name,
    stream: name,
    release: fc.integer({ min: 1, max: 1e6 }),
    from: time,
    to: time,
    line: fc.integer({ min: 1, max: 2 ** 50 }),
    wrap: fc.boolean(),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('an address says exactly what was asked for', () => {
  fc.assert(
    fc.property(search, (given) => {
      expect(logSearch(defaultParseSearch(defaultStringifySearch(given)))).toEqual(given);
    }),
  );
});

test('one that a person types means what it says', () => {
  expect(logSearch(defaultParseSearch('?text=404&level=warn&release=7&line=12'))).toEqual({
    ...{ text: '404', level: 'warn', release: 7, line: 12 },
  });
  expect(logSearch(defaultParseSearch('?text=true&from=2026-11-30T10:00:00%2B01:00'))).toEqual({
    ...{ text: 'true', from: '2026-11-30T09:00:00.000Z' },
  });
});

test('what cannot be is left out, whatever it is', () => {
  expect(
    logSearch({
      text: '',
      level: 'LOUD',
      release: 0,
      line: -1,
      from: 'yesterday',
      wrap: 'yes',
      stream: 'x'.repeat(41),
    }),
  ).toEqual({});
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('text', 'level', 'release', 'from', 'line'), fc.anything()), (given) => {
      const found = logSearch(JSON.parse(JSON.stringify(given)) as Record<string, unknown>);
      expect(logSearch({ ...found })).toEqual(found);
    }),
  );
});

describe('the control plane is asked', () => {
  test('for an application, narrowed down', () => {
    const filter = filterOf({ alias: 'web', level: 'error', text: 'x', line: 4, wrap: true });
    expect(asked('acme', 'shop', filter)).toEqual({
      ref: { tenant: 'acme', application: 'shop', alias: 'web' },
      filter: { text: 'x', level: 'ERROR' },
    });
  });

  test('for all of it', () => {
    expect(asked('acme', 'shop', {})).toEqual({ ref: { tenant: 'acme', application: 'shop' }, filter: {} });
  });
});

test('a change replaces, adds and takes out', () => {
  expect(changed({ alias: 'web', text: 'x' }, { text: undefined, level: 'warn' })).toEqual({
    ...{ alias: 'web', level: 'warn' },
  });
});
