/**
 * Steps as a path with as many corners as can be seen: of what changes several times within a pixel only the least, the most and the last is
 * drawn. Ten thousand points are otherwise twenty thousand corners, which no machine without a graphics card draws sixty times a second.
 */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

/**
 * @param count of points
 * @param xAt whole pixels from left to right, of the point with this number
 * @param yAt whole pixels; null where nothing is known: there the pen is lifted
 */
export function drawSteps(
  pen: Pen,
  count: number,
  xAt: (index: number) => number,
  yAt: (index: number) => number | null,
): void {
  /** The column of pixels that is being drawn; null: the pen is lifted. */
  let column: { readonly x: number; readonly from: number; least: number; most: number; last: number } | null = null;
  const finish = (): void => {
    if (column === null) return;
    const { x, from, least, most, last } = column;
    if (least < Math.min(from, last)) pen.lineTo(x, least);
    if (most > Math.max(from, last)) pen.lineTo(x, most);
    if (last !== from || least < from || most > from) pen.lineTo(x, last);
  };
  for (let index = 0; index < count; index += 1) {
    const y = yAt(index);
    if (y === null) {
      finish();
      if (column !== null && index > 0) pen.lineTo(xAt(index), column.last);
      column = null;
      continue;
    }
    // What stays is drawn when it changes.
    if (column !== null && y === column.last) continue;
    const x = xAt(index);
    if (column === null) {
      pen.moveTo(x, y);
      column = { x, from: y, least: y, most: y, last: y };
    } else if (x === column.x) {
      column.least = Math.min(column.least, y);
      column.most = Math.max(column.most, y);
      column.last = y;
    } else {
      finish();
      pen.lineTo(x, column.last);
      const from: number = column.last;
      column = { x, from, least: Math.min(from, y), most: Math.max(from, y), last: y };
    }
  }
  if (column === null) return;
  finish();
  pen.lineTo(xAt(count - 1), column.last);
}
