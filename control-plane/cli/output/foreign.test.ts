import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { foreign } from './foreign.ts';

const ESC = '\u001b';

describe('text of an application on a terminal', () => {
  test.each([
    ['plain text\twith a tab', 'plain text\twith a tab'],
    [`${ESC}[1;31mred${ESC}[0m`, `${ESC}[1;31mred${ESC}[0m`],
    [`${ESC}[38:2::255:0:0mtrue colour`, `${ESC}[38:2::255:0:0mtrue colour${ESC}[0m`],
    // the screen, the cursor, modes, reports
    [`a${ESC}[2Jb${ESC}[Hc${ESC}[?1049hd${ESC}[6ne${ESC}[>cf`, 'abcdef'],
    [`a${ESC}cb${ESC}(0c${ESC}#8d${ESC}7e`, 'abcde'],
    // title, clipboard, links, DCS
    [`a${ESC}]0;title\u0007b${ESC}]52;c;c3RlYWw=${ESC}\\c`, 'abc'],
    [`a${ESC}]8;;http://evil${ESC}\\link${ESC}]8;;${ESC}\\b`, 'alinkb'],
    [`a${ESC}P+q544e${ESC}\\b${ESC}_apc${ESC}\\c${ESC}^pm${ESC}\\d`, 'abcd'],
    [`a${ESC}]0;a string without its end`, 'a'],
    // with eight bits
    ['a\u009b2Jb\u009d0;title\u009cc\u0090x\u009cd\u0085e', 'abcde'],
    // alone
    ['a\rb\bc\u0007d\0e\u007ff\u000eg', 'abcdefg'],
    [`a${ESC}`, 'a'],
    [`a${ESC}[31`, 'a31'],
    // put together anew
    [`${ESC}\u0007[2J`, '[2J'],
    [`${ESC}[3\u00071m`, '31m'],
    [`${ESC}${ESC}[2J[2J`, '[2J'],
    // other orders of text
    ['a\u202eb\u2066c\u200fd\u2028e', 'abcde'],
  ])('%j is %j', (text, shown) => {
    expect(foreign(text, true)).toBe(shown);
    expect(foreign(text, false)).toBe(shown.replaceAll(new RegExp(`${ESC}\\[[\\d;:]*m`, 'g'), ''));
  });

  test('whatever it is, nothing that steers is left but colours that end with it', () => {
    const piece = fc.oneof(
      fc.constantFrom(ESC, '[', ']', 'm', '2J', ';', '\u009b', '\u0007', '\\', 'P', '31', '?', ' ', '\u202e'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const shown = foreign(pieces.join(''), true);
        const rest = shown.replaceAll(new RegExp(`${ESC}\\[[\\d;:]*m`, 'g'), '');
        expect(rest).not.toMatch(/(?!\t)\p{Cc}|\p{Bidi_Control}/u);
        if (rest !== shown) expect(shown.endsWith(`${ESC}[0m`)).toBe(true);
        expect(foreign(pieces.join(''), false)).not.toMatch(/(?!\t)\p{Cc}|\p{Bidi_Control}/u);
      }),
      { numRuns: 500 },
    );
  });
});
