/**
 * Characters that would not be seen, or would show others where they are not: every one of them becomes something to look at. What is
 * only invisible within a script or an emoji (joiners, variation selectors) stays as it is.
 */

/** C0, C1 and DEL but for the tab; direction marks; separators of lines; the byte order mark; spaces without width; tags. */
export const UNSEEN = String.raw`(?!\t)\p{Cc}|\p{Bidi_Control}|[\u2028\u2029\ufeff\u200b\u2060]|[\u{e0000}-\u{e007f}]`;

/** As ISO 646 calls them, from 0 on: many fonts lack their pictures. */
const NAMES =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  );
const DELETE = 0x7f;

/** "⟨ESC⟩" for an escape, "⟨U+202E⟩" for what has no such name. @param character one that {@link UNSEEN} matches */
export function picture(character: string): string {
  const code = character.codePointAt(0)!;
  const name = code === DELETE ? 'DEL' : NAMES[code];
  return `⟨${name ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`}⟩`;
}
