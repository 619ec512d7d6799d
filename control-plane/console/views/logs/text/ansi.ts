/**
 * A line of a log, as an application wrote it for a terminal, as pieces of text with their looks. Colours and the like (SGR) are
 * kept, every other whole escape sequence is dropped, and all that could steer, hide or reorder is shown as what it is.
 */
import { applySgr, isSameStyle, PLAIN, type Style } from './sgr.ts';
import { picture, UNSEEN } from './visible.ts';

/** `isControl`: the text is the picture of a character that would not be seen. */
export interface Piece {
  readonly text: string;
  readonly style: Style;
  readonly isControl: boolean;
}

const CSI = String.raw`(?:\u001b\[|\u009b)`;
const SGR = String.raw`${CSI}([\d;:]*)m`;
/** Strings (operating system commands, device control …) with what they carry; one without an end is text. */
const STRING = String.raw`(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0080-\u009f]*(?:\u0007|\u001b\\|\u009c)`;
const CONTROL_SEQUENCE = String.raw`${CSI}[0-?]*[ -/]*[@-~]`;
/** Of two characters, or with intermediates; introducers of what is above, and letters that are no sequence, are text. */
const SHORT = String.raw`\u001b(?:[ -/]+[0-~]|[0-OQ-WYZ\\cn-o|}~])`;

/** Linear in the text: no two of its loops can match the same character. */
const TOKEN = new RegExp(`${SGR}|${STRING}|${CONTROL_SEQUENCE}|${SHORT}|(${UNSEEN})`, 'gu');
const ANYTHING = new RegExp(UNSEEN, 'u');

/** Pieces in order, none empty, neighbours different. Never throws; without its escape sequences the whole text is there. */
export function piecesOf(text: string): Piece[] {
  if (!ANYTHING.test(text)) return text === '' ? [] : [{ text, style: PLAIN, isControl: false }];
  const pieces: Piece[] = [];
  let style = PLAIN;
  let from = 0;
  const add = (piece: Piece): void => {
    const last = pieces.at(-1);
    if (piece.text === '') return;
    if (last !== undefined && last.isControl === piece.isControl && isSameStyle(last.style, piece.style))
      pieces[pieces.length - 1] = { ...last, text: last.text + piece.text };
    else pieces.push(piece);
  };
  for (const match of text.matchAll(TOKEN)) {
    add({ text: text.slice(from, match.index), style, isControl: false });
    from = match.index + match[0].length;
    const [, sgr, unseen] = match;
    if (unseen !== undefined) add({ text: picture(unseen), style, isControl: true });
    else if (sgr !== undefined) style = applySgr(style, sgr);
  }
  add({ text: text.slice(from), style, isControl: false });
  return pieces;
}

/** The text without escape sequences; characters that would not be seen stay as they are. */
export function withoutEscapes(text: string): string {
  return ANYTHING.test(text) ? text.replace(TOKEN, (_whole, _sgr, unseen?: string) => unseen ?? '') : text;
}

/** Everything as it is, with pictures of what would not be seen: nothing is dropped. */
export function asWritten(text: string): string {
  return text.replace(new RegExp(UNSEEN, 'gu'), picture);
}

/**
 * The first so many characters of what is seen, in so many pieces at most: what comes behind those looks as the last of them.
 * @returns the pieces, and whether something is left out
 */
export function cut(
  pieces: readonly Piece[],
  length: number,
  most: number,
): { readonly pieces: readonly Piece[]; readonly isCut: boolean } {
  let left = length;
  const kept: Piece[] = [];
  for (const piece of pieces) {
    const text = piece.text.length <= left ? piece.text : piece.text.slice(0, left).replace(/[\ud800-\udbff]$/, '');
    const last = kept.at(-1);
    if (last !== undefined && kept.length >= most) kept[most - 1] = { ...last, text: last.text + text };
    else if (text !== '') kept.push({ ...piece, text });
    left -= piece.text.length;
    if (left < 0) return { pieces: kept, isCut: true };
  }
  return { pieces: kept, isCut: false };
}
