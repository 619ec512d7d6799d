/** A small drawing surface of characters. Lines are drawn in dots: 2 × 4 of them a character in Braille, one in ASCII. */

export type Charset = 'unicode' | 'ascii';

/** What a character belongs to, for its colour; a later one hides an earlier one in the same place. */
const LAYERS = ['interval', 'withStarting', 'ready', 'now', 'forecast', 'observed'] as const;
export type Layer = (typeof LAYERS)[number];

/** A run of characters of one layer; null: of none. */
export interface Span {
  readonly layer: Layer | null;
  readonly text: string;
}

const GLYPHS: Readonly<Record<Charset, Readonly<Record<Layer, string>>>> = {
  unicode: { interval: '░', withStarting: '┄', ready: '─', now: '│', forecast: '⠶', observed: '⠿' },
  ascii: { interval: ':', withStarting: '~', ready: '-', now: '|', forecast: '+', observed: '*' },
};

/** The character that stands for a layer, alone or in a legend. */
export function glyphOf(layer: Layer, charset: Charset): string {
  return GLYPHS[charset][layer];
}

const BRAILLE = 0x2800;
/** Bits of the dots of a Braille character, by row and column (Unicode, chapter 21.1). */
const DOTS: readonly (readonly [number, number])[] = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

interface Cell {
  layer: Layer | null;
  /** Dots of lines; 0: the layer's own character. */
  bits: number;
}

export class Canvas {
  readonly columns: number;
  readonly rows: number;
  /** Dots a character has, in each direction. */
  readonly dotsAcross: number;
  readonly dotsDown: number;
  readonly #charset: Charset;
  readonly #cells: Cell[];

  constructor({ columns, rows }: { readonly columns: number; readonly rows: number }, charset: Charset) {
    this.columns = columns;
    this.rows = rows;
    this.#charset = charset;
    [this.dotsAcross, this.dotsDown] = charset === 'unicode' ? [2, 4] : [1, 1];
    this.#cells = Array.from({ length: columns * rows }, () => ({ layer: null, bits: 0 }));
  }

  /** A character as a whole; what lies outside is left out. */
  mark(column: number, row: number, layer: Layer): void {
    const cell = this.#cell(column, row);
    if (cell === undefined || rank(cell.layer) > rank(layer)) return;
    cell.layer = layer;
    cell.bits = 0;
  }

  /** A dot of a line, from the upper left corner. */
  dot(x: number, y: number, layer: Layer): void {
    const cell = this.#cell(Math.floor(x / this.dotsAcross), Math.floor(y / this.dotsDown));
    if (cell === undefined) return;
    if (rank(cell.layer) > rank(layer) && cell.bits === 0) return;
    if (rank(cell.layer) < rank(layer)) cell.layer = layer;
    if (this.#charset === 'unicode') cell.bits |= DOTS[y % 4]?.[x % 2] ?? 0;
  }

  /** A line of dots between two dots (Bresenham's). */
  line(from: readonly [x: number, y: number], to: readonly [x: number, y: number], layer: Layer): void {
    let [x, y] = from;
    const [dx, dy] = [Math.abs(to[0] - x), -Math.abs(to[1] - y)];
    const [stepX, stepY] = [x < to[0] ? 1 : -1, y < to[1] ? 1 : -1];
    for (let error = dx + dy; ;) {
      this.dot(x, y, layer);
      if (x === to[0] && y === to[1]) return;
      const doubled = 2 * error;
      if (doubled >= dy) [error, x] = [error + dy, x + stepX];
      if (doubled <= dx) [error, y] = [error + dx, y + stepY];
    }
  }

  /** From the top to the bottom. */
  lines(): Span[][] {
    return Array.from({ length: this.rows }, (_, row) => {
      const spans: { layer: Layer | null; text: string }[] = [];
      for (const cell of this.#cells.slice(row * this.columns, (row + 1) * this.columns)) {
        const last = spans.at(-1);
        if (last?.layer === cell.layer) last.text += this.#character(cell);
        else spans.push({ layer: cell.layer, text: this.#character(cell) });
      }
      return spans;
    });
  }

  #character({ layer, bits }: Cell): string {
    if (layer === null) return ' ';
    return bits === 0 ? glyphOf(layer, this.#charset) : String.fromCodePoint(BRAILLE + bits);
  }

  #cell(column: number, row: number): Cell | undefined {
    const isInside = column >= 0 && column < this.columns && row >= 0 && row < this.rows;
    return isInside ? this.#cells[row * this.columns + column] : undefined;
  }
}

function rank(layer: Layer | null): number {
  return layer === null ? -1 : LAYERS.indexOf(layer);
}
