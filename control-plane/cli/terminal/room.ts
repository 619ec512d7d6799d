/** How much room a terminal has, and what may be drawn there. */
import type { Io, Output } from '../io.ts';

/** In characters. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** Of who does not say: what a terminal always was. */
const USUAL: Room = { columns: 80, rows: 24 };

/** The room of a terminal now; elsewhere what `COLUMNS` and `LINES` say, or the usual. */
export function roomOf({ env }: Pick<Io, 'env'>, { stream, isTerminal }: Output): Room {
  const { columns, rows } = stream as { columns?: unknown; rows?: unknown };
  return {
    columns: (isTerminal ? whole(columns) : undefined) ?? whole(env.COLUMNS) ?? USUAL.columns,
    rows: (isTerminal ? whole(rows) : undefined) ?? whole(env.LINES) ?? USUAL.rows,
  };
}

function whole(value: unknown): number | undefined {
  const number = Number(value);
  return value !== undefined && Number.isInteger(number) && number > 0 ? number : undefined;
}

/**
 * Whether lines, blocks and Braille can be expected to be shown: by the locale's character set (POSIX: the first of LC_ALL,
 * LC_CTYPE and LANG that says something), and not on the console of Linux, whose font has no Braille.
 */
export function drawsUnicode(env: Io['env']): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '');
  return /utf-?8/i.test(locale ?? '') && env.TERM !== 'linux' && env.TERM !== 'dumb';
}

/** A text cut to the room: each line at its right end, and at the bottom what has no place, which is told by the last line. */
export function fitted(text: string, { columns, rows }: Room): string {
  const lines = text.split('\n');
  const shown = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
  return shown.map((line) => cut(line, columns)).join('\n');
}

/** A line without escape sequences, of at most so many characters. */
export function cut(line: string, columns: number): string {
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}
