/**
 * Text that an application wrote, for a terminal: colours (SGR) may stay, nothing else that steers one does, and nothing that
 * shows text in another order than it is in.
 */

/** Select Graphic Rendition (ECMA-48, 8.3.117): the only control sequence that changes nothing but the looks. */
const SGR = String.raw`\u001b\[[\d;:]{0,64}m`;
/** Strings (operating system commands, device control …) with what they carry, up to their end. */
const STRINGS = String.raw`(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?`;
const SEQUENCES = String.raw`(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]`;
/** Alone, or in a sequence that has no end: without its control characters the rest is only text. */
const REST = String.raw`(?!\t)\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]`;

const ANYTHING = new RegExp(`(${SGR})|${STRINGS}|${SEQUENCES}|${REST}`, 'gu');
const RESET = '\u001b[0m';

/** On one line. With colours the looks are put back behind the text, so that they end with it. */
export function foreign(text: string, colours: boolean): string {
  let isPainted = false;
  const clean = text.replace(ANYTHING, (_whole, sgr: string | undefined) => {
    if (sgr === undefined || !colours) return '';
    isPainted = true;
    return sgr;
  });
  return isPainted && !clean.endsWith(RESET) ? clean + RESET : clean;
}

/** As {@link foreign}, for several lines: their ends stay. */
export function foreignLines(text: string, colours: boolean): string {
  return text
    .split('\n')
    .map((line) => foreign(line, colours))
    .join('\n');
}
