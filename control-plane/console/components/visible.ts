/** Control Sequence Introducer, ECMA-48 5.4: colours, and a cursor that nobody has here. */
const CONTROL_SEQUENCE = new RegExp(
  `(?:${String.fromCharCode(0x1b)}\\[|${String.fromCharCode(0x9b)})[0-?]*[ -/]*[@-~]`,
  'g',
);

/**
 * Text of strangers, such as lines of a log, as text that can only be read: colours of terminals are left out, other control
 * characters and those that turn the direction of writing around become visible.
 */
export function visible(text: string): string {
  return text
    .replace(CONTROL_SEQUENCE, '')
    .replace(/\r$/, '')
    .replace(/\p{Cc}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) =>
      character === '\t' ? '    ' : character === '\n' ? '\n' : `<U+${hexadecimal(character)}>`,
    );
}

function hexadecimal(character: string): string {
  return character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
}
