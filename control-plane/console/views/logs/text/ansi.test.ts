import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asWritten, cut, piecesOf, withoutEscapes } from './ansi.ts';
import { PLAIN, TRUE_COLOUR, type Style } from './sgr.ts';

const ESC = '\u001b';
const seen = (text: string): string =>
  piecesOf(text)
    .map((piece) => piece.text)
    .join('');
/** Each piece's text with what of its style is not plain. */
const looks = (text: string) =>
  piecesOf(text).map((piece) => [
    piece.text,
    Object.fromEntries(Object.entries(piece.style).filter(([name, value]) => PLAIN[name as keyof Style] !== value)),
  ]);

describe('colours', () => {
  test('of 16, of 256 and of 16 million, with semicolons and with colons', () => {
    expect(looks(`${ESC}[31mred${ESC}[0m ${ESC}[97;44mwhite on blue${ESC}[39;49mplain`)).toEqual([
      ['red', { foreground: 1 }],
      [' ', {}],
      ['white on blue', { foreground: 15, background: 4 }],
      ['plain', {}],
    ]);
    expect(looks(`${ESC}[38;5;208mx${ESC}[48:5:17my`)).toEqual([
      ['x', { foreground: 208 }],
      ['y', { foreground: 208, background: 17 }],
    ]);
    for (const sequence of ['38;2;1;2;3', '38:2:1:2:3', '38:2::1:2:3'])
      expect(looks(`${ESC}[${sequence}mx`)).toEqual([['x', { foreground: TRUE_COLOUR + 0x010203 }]]);
  });

  test('that are none change nothing, and what follows them counts', () => {
    expect(looks(`${ESC}[38;5;999;1mx`)).toEqual([['x', { bold: true }]]);
    expect(looks(`${ESC}[38;7;4mx`)).toEqual([['x', { inverse: true, underline: true }]]);
    expect(looks(`${ESC}[58;5;1;3mx`)).toEqual([['x', { italic: true }]]);
    expect(looks(`${ESC}[123mx`)).toEqual([['x', {}]]);
  });

  test('end where the program says so', () => {
    expect(looks(`${ESC}[1;2;3;4;7;9ma${ESC}[22;24mb${ESC}[23;27;29mc${ESC}[4md${ESC}[4:0me${ESC}[mf`)).toEqual([
      ['a', { bold: true, dim: true, italic: true, underline: true, inverse: true, strike: true }],
      ['b', { italic: true, inverse: true, strike: true }],
      ['c', {}],
      ['d', { underline: true }],
      ['ef', {}],
    ]);
  });
});

describe('what is no colour', () => {
  test('is dropped when it is a whole sequence', () => {
    const sequences = [
      `${ESC}[2J`,
      `${ESC}[10;20H`,
      `${ESC}[?25l`,
      `${ESC}[>4;2m`,
      `${ESC}]0;title\u0007`,
      `${ESC}]8;;http://x${ESC}\\`,
      `${ESC}P1$tx${ESC}\\`,
      `${ESC}_x\u009c`,
      `${ESC}7`,
      `${ESC}(B`,
      `${ESC}c`,
      '\u009b31m',
      '\u009d0;t\u0007',
    ];
    for (const sequence of sequences) expect([sequence, seen(`a${sequence}b`)]).toEqual([sequence, 'ab']);
  });

  test('is shown when it has no end, so that nothing hides behind it', () => {
    expect(seen(`a${ESC}]0;all this`)).toBe('a⟨ESC⟩]0;all this');
    expect(seen(`a${ESC}[31`)).toBe('a⟨ESC⟩[31');
    expect(seen(`a${ESC}xb`)).toBe('a⟨ESC⟩xb');
    expect(seen(`a${ESC}`)).toBe('a⟨ESC⟩');
  });

  test('is shown when it is a character that steers', () => {
    expect(seen('a\rb\u0000\u0007\u0008\u007f')).toBe('a⟨CR⟩b⟨NUL⟩⟨BEL⟩⟨BS⟩⟨DEL⟩');
    expect(seen('user\u202egpj.exe')).toBe('user⟨U+202E⟩gpj.exe');
    expect(seen('a\u2028b\u{e0041}')).toBe('a⟨U+2028⟩b⟨U+E0041⟩');
    expect(seen('tab\tstays, and 👨‍👩‍👧 does')).toBe('tab\tstays, and 👨‍👩‍👧 does');
    expect(piecesOf('a\u0000').map(({ isControl }) => isControl)).toEqual([false, true]);
  });

  test('is all there as it was written, for who looks closely', () => {
    expect(asWritten(`${ESC}]0;t\u0007x`)).toBe('⟨ESC⟩]0;t⟨BEL⟩x');
  });
});

/** What terminals are sent, whole and broken. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        ESC,
        `${ESC}[`,
        'm',
        ';',
        '\u009b',
        '\u009d',
        `${ESC}]`,
        '\u0007',
        `${ESC}\\`,
        '<b>',
        '\u202e',
        '\ud83d',
      ),
      fc.stringMatching(/^[0-9;:]{0,20}$/).map((codes) => `${ESC}[${codes}m`),
      fc.tuple(fc.nat(110), fc.nat(300), fc.nat(300)).map(([a, b, c]) => `${ESC}[${a};${b};${c}m`),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('whatever an application prints', () => {
  test('no text is lost but escape sequences, and no control is left', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const pieces = piecesOf(text);
        const shown = pieces.map((piece) => piece.text).join('');
        expect(shown).toBe(asWritten(withoutEscapes(text)));
        expect(shown).not.toMatch(/(?!\t)\p{Cc}|\p{Bidi_Control}/u);
        for (const piece of pieces) expect(piece.text).not.toBe('');
      }),
      { numRuns: 2000 },
    );
  });

  test('text without an escape or control comes out as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abc <>&"\'[]m;\t日é') }), (text) => {
        expect(seen(text)).toBe(text);
        expect(piecesOf(text)).toHaveLength(text === '' ? 0 : 1);
      }),
    );
  });

  test('styles are what a terminal may have, whatever the numbers', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const { style } of piecesOf(text)) {
          for (const colour of [style.foreground, style.background])
            if (colour !== null) expect(colour <= 255 || colour >= TRUE_COLOUR).toBe(true);
        }
      }),
    );
  });

  test('many beginnings without an end takes no longer than its length', () => {
    const begun = performance.now();
    for (const beginning of [
      `${ESC}]`,
      '\u009d',
      `${ESC}[`,
      `${ESC}[1;`,
      '\u009b',
      `${ESC}[ `,
      `${ESC}(`,
      `${ESC}P`,
      `${ESC}[31m`,
    ])
      piecesOf(beginning.repeat(Math.ceil(200_000 / beginning.length)));
    // Each takes some milliseconds; one whose time is quadratic would take an hour.
    expect(performance.now() - begun).toBeLessThan(60_000);
  });
});

test('a cut line keeps its beginning, whole characters and what they look like', () => {
  const pieces = piecesOf(`${ESC}[31mabc${ESC}[32mdef`);
  expect(cut(pieces, 6, 10)).toEqual({ pieces, isCut: false });
  expect(cut(pieces, 4, 10).pieces.map(({ text }) => text)).toEqual(['abc', 'd']);
  expect(cut(pieces, 4, 10).isCut).toBe(true);
  expect(cut(piecesOf('a👍b'), 2, 10)).toMatchObject({ pieces: [{ text: 'a' }], isCut: true });
});

test('a line that changes its looks at each character is shown in some pieces, and loses no text by that', () => {
  const rainbow = Array.from({ length: 500 }, (_, index) => `${ESC}[38;5;${index % 256}m${index % 10}`).join('');
  const { pieces, isCut } = cut(piecesOf(rainbow), 2000, 50);
  expect([pieces.length, isCut]).toEqual([50, false]);
  expect(pieces.map(({ text }) => text).join('')).toBe(withoutEscapes(rainbow));
});
