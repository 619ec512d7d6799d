import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contrast, GROUNDS, paintOf, split } from './colours.ts';
import { PLAIN, TRUE_COLOUR, type Style } from './sgr.ts';

const colour = fc.oneof(
  fc.constant(null),
  fc.nat(255),
  fc.nat(0xffffff).map((value) => TRUE_COLOUR + value),
);
const style: fc.Arbitrary<Style> = fc.record({
  foreground: colour,
  background: colour,
  ...{ bold: fc.boolean(), dim: fc.boolean(), italic: fc.boolean(), underline: fc.boolean() },
  ...{ strike: fc.boolean(), inverse: fc.boolean() },
});

/** What a theme makes of a value of CSS. */
function inTheme(value: string, theme: 'light' | 'dark'): number {
  const both = /^light-dark\(#(\w{6}), #(\w{6})\)$/.exec(value);
  const one = both?.[theme === 'light' ? 1 : 2] ?? /^#(\w{6})$/.exec(value)?.[1];
  expect(one).toBeDefined();
  return Number.parseInt(one!, 16);
}

test('whatever colours a program chooses, its text can be read in both themes', () => {
  fc.assert(
    fc.property(style, (wanted) => {
      const { color, backgroundColor } = paintOf(wanted);
      // Tokens of the page are its own to get right.
      if (color === undefined || color.startsWith('var(')) return;
      for (const theme of ['light', 'dark'] as const) {
        const ground = backgroundColor === undefined ? GROUNDS[theme] : inTheme(backgroundColor, theme);
        expect(contrast(split(inTheme(color, theme)), split(ground))).toBeGreaterThanOrEqual(4.5);
      }
    }),
    { numRuns: 1000 },
  );
});

test('what can be read is left as it is', () => {
  expect(paintOf({ ...PLAIN, foreground: TRUE_COLOUR + 0x000080, background: 15 })).toEqual({
    color: '#000080',
    backgroundColor: '#ffffff',
  });
});

test('text that hides on its own ground comes out', () => {
  expect(paintOf({ ...PLAIN, foreground: 0, background: 0 })).toEqual({ color: '#757575', backgroundColor: '#000000' });
});

test('plain text has no colours of its own, and inverse text the page’s', () => {
  expect(paintOf(PLAIN)).toEqual({});
  expect(paintOf({ ...PLAIN, inverse: true })).toEqual({ color: 'var(--ground)', backgroundColor: 'var(--text)' });
});

test('the grounds are those of the page', () => {
  const css = readFileSync(new URL('../../../style/base.css', import.meta.url), 'utf8');
  const hex = (value: number): string => `#${value.toString(16).padStart(6, '0')}`;
  expect(css).toContain(`--ground-pressed: light-dark(${hex(GROUNDS.light)}, ${hex(GROUNDS.dark)})`);
});
