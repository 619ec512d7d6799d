/** The text of a line with its colours and with marks where what was searched for stands. */
import { memo, type ReactNode } from 'react';
import { cut, piecesOf } from '../text/ansi.ts';
import { paintOf } from '../text/colours.ts';
import { marked, type MarkedPiece } from '../text/hits.ts';
import { PLAIN, type Style } from '../text/sgr.ts';

/** Changes of looks within one line that are shown; more are some program's picture. */
const MOST_PIECES = 200;
/** What is parsed of a line to show its beginning: escape sequences are longer than what they change. */
const PARSED_PER_SHOWN = 8;

export interface LineTextProps {
  readonly text: string;
  /** Characters that are shown at most. */
  readonly length: number;
  /** What was searched for; empty: nothing. */
  readonly wanted: string;
}

export const LineText = memo(function LineText({ text, length, wanted }: LineTextProps): ReactNode {
  const { pieces } = cut(piecesOf(text.slice(0, length * PARSED_PER_SHOWN)), length, MOST_PIECES);
  return marked(pieces, wanted).map((piece, index) => <Piece key={index} piece={piece} />);
});

function Piece({ piece: { text, style, isControl, isHit } }: { readonly piece: MarkedPiece }): ReactNode {
  if (isHit) return <mark>{text}</mark>;
  if (style === PLAIN && !isControl) return text;
  return (
    <span className={classOf(style, isControl)} style={paintOf(style)}>
      {text}
    </span>
  );
}

function classOf({ bold, italic, underline, strike }: Style, isControl: boolean): string {
  const names = {
    'log-control': isControl,
    'log-bold': bold,
    'log-italic': italic,
    'log-underline': underline,
    'log-strike': strike,
  };
  return Object.entries(names)
    .flatMap(([name, isSo]) => (isSo ? [name] : []))
    .join(' ');
}
