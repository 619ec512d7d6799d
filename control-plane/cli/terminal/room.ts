/** How much room a terminal has, and what may be drawn there. */
import type { Io, Output } from '../io.ts';
import { cut } from '../output/width.ts';

/** In characters. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** Of who does not say: what a terminal always was. */
const USUAL: Room = { columns: 80, rows: 24 };

/** What `COLUMNS` and `LINES` say, though no more than a terminal has now; otherwise all that it has, or the usual. */
export function roomOf({ env }: Pick<Io, 'env'>, { stream, isTerminal }: Output): Room {
  const { columns, rows } = (isTerminal ? stream : {}) as { columns?: unknown; rows?: unknown };
  return {
    columns: least(whole(env.COLUMNS), whole(columns)) ?? USUAL.columns,
    rows: least(whole(env.LINES), whole(rows)) ?? USUAL.rows,
  };
}

/** How wide lines may be; `undefined`: no person looks, so that nothing is cut. */
export function widthOf({ env, stdout }: Pick<Io, 'env' | 'stdout'>): number | undefined {
  return stdout.isTerminal ? roomOf({ env }, stdout).columns : undefined;
}

function least(...numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
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

/** A text without escape sequences, cut to the room: each line at its right end, and at the bottom what has no place, which is told by the last line. */
export function fitted(text: string, { columns, rows }: Room): string {
  const lines = text.split('\n');
  const shown = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
  return shown.map((line) => cut(line, columns)).join('\n');
}
