/** Tables without lines. */
import { cut, padded, textWidth } from './width.ts';

const GAP = '  ';
/** A column of texts is made no narrower than this, or than its title. */
const NARROWEST = 12;

/**
 * Titles over rows of cells, all of them single lines. Where the whole is wider than `width` the widest columns of texts (values
 * with spaces) are cut until it is not: names, uids and addresses are what one types next, and never cut.
 */
export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  width: number = Number.POSITIVE_INFINITY,
): string {
  const widths = titles.map((title, index) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[index] ?? ''))),
  );
  const isText = titles.map((_, index) => rows.some((row) => row[index]?.includes(' ')));
  const least = titles.map((title, index) => (isText[index] ? Math.max(textWidth(title), NARROWEST) : Infinity));
  const bounds = narrowed(widths, least, width - GAP.length * (titles.length - 1));
  return [titles, ...rows]
    .map((row) =>
      row
        .map((cell, index) => padded(cut(cell, bounds[index] ?? 0), bounds[index] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/** The widest gives first, down to the next widest. */
function narrowed(widths: readonly number[], least: readonly number[], room: number): number[] {
  const bounds = [...widths];
  for (;;) {
    const excess = bounds.reduce((sum, bound) => sum + bound, 0) - room;
    if (!(excess > 0)) return bounds;
    const open = bounds.map((bound, index) => (bound > least[index]! ? bound : 0));
    const widest = Math.max(...open);
    if (widest <= 0) return bounds;
    const index = open.indexOf(widest);
    const next = Math.max(least[index]!, ...open.filter((bound) => bound < widest));
    bounds[index] = Math.max(widest - excess, Math.min(next, widest - 1));
  }
}
