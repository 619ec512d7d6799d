/** Where a text that was searched for stands in what is shown. Fixed texts alone: regular expressions are the control plane's. */
import type { Piece } from './ansi.ts';

/** Most marks in a line: a search for "e" is no reason to make thousands. */
const MOST = 100;

export interface Hit {
  readonly from: number;
  readonly to: number;
}

/** Upper and lower case being equal, as the control plane has it. Linear in the line. */
export function hitsOf(line: string, wanted: string): Hit[] {
  if (wanted === '') return [];
  const literal = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'gi');
  const hits: Hit[] = [];
  for (const { index, 0: found } of line.matchAll(literal)) {
    hits.push({ from: index, to: index + found.length });
    if (hits.length === MOST) break;
  }
  return hits;
}

export interface MarkedPiece extends Piece {
  readonly isHit: boolean;
}

/** Pieces, divided where a hit begins or ends. */
export function marked(pieces: readonly Piece[], wanted: string): MarkedPiece[] {
  const hits = hitsOf(pieces.map(({ text }) => text).join(''), wanted);
  if (hits.length === 0) return pieces.map((piece) => ({ ...piece, isHit: false }));
  const edges = hits.flatMap(({ from, to }) => [from, to]);
  const divided: MarkedPiece[] = [];
  let begin = 0;
  let edge = 0;
  for (const piece of pieces) {
    const end = begin + piece.text.length;
    for (let from = begin; from < end;) {
      while (edges[edge]! <= from) edge += 1;
      const to = Math.min(end, edges[edge] ?? end);
      // Between the first edge and the second of a hit.
      divided.push({ ...piece, text: piece.text.slice(from - begin, to - begin), isHit: edge % 2 === 1 });
      from = to;
    }
    begin = end;
  }
  return divided;
}
