/** What `top` shows, from its rows and the keys that were pressed. Pure. */
import { printable } from '../output/text.ts';
import { beginning, cut, padded, paddedStart, textWidth } from '../output/width.ts';
import type { Room } from '../terminal/room.ts';
import type { TopColumn, TopTable, Tone } from './table.ts';

export interface TopView<T> {
  /** Null before the first ones came. */
  readonly rows: readonly T[] | null;
  /** When they came, in milliseconds since the epoch. */
  readonly at: number;
  /** Index of the table's orders. */
  readonly order: number;
  readonly filter: string;
  /** Keys are letters of the filter. */
  readonly isTyping: boolean;
  readonly selected: string | null;
  /** Index of the first row that is shown. */
  readonly top: number;
  /** That the connection was lost, for one; empty: nothing. */
  readonly notice: string;
}

export const EMPTY_VIEW: TopView<never> = {
  ...{ rows: null, at: 0, order: 0, filter: '', isTyping: false, selected: null, top: 0, notice: '' },
};

/** A key, as node:readline names it. */
export interface Key {
  readonly name?: string | undefined;
  /** What was typed; absent for keys that type nothing. */
  readonly text?: string | undefined;
}

/** Rows in their order, but for those that the filter leaves out. */
export function ordered<T extends { readonly uid: string }>(
  { rows, order, filter }: TopView<T>,
  { orders, words }: TopTable<T>,
): readonly T[] {
  const { compare } = orders[order] ?? orders[0];
  const text = filter.toLowerCase();
  const kept = (rows ?? []).filter((row) => words(row).toLowerCase().includes(text));
  // Equal ones stay where they are: by their uid, so that nothing jumps.
  return kept.sort((a, b) => compare(a, b) || (a.uid < b.uid ? -1 : 1));
}

/** How far keys move, in rows; a page is as many as are shown. */
const MOVES: Readonly<Record<string, (page: number) => number>> = {
  down: () => 1,
  j: () => 1,
  up: () => -1,
  k: () => -1,
  pagedown: (page) => page,
  space: (page) => page,
  pageup: (page) => -page,
  home: () => -Infinity,
  g: () => -Infinity,
  end: () => Infinity,
  G: () => Infinity,
};

/** What a key makes of the view. `page`: rows that are shown at once. */
export function pressed<T extends { readonly uid: string }>(
  view: TopView<T>,
  table: TopTable<T>,
  key: Key,
  page: number,
): TopView<T> | 'quit' {
  if (view.isTyping) return typed(view, key);
  // node:readline has no name for what is no letter, and the same one for a large letter as for a small one.
  const name = (key.text === 'G' ? key.text : key.name) ?? key.text ?? '';
  const move = Object.hasOwn(MOVES, name) ? MOVES[name] : undefined;
  if (move !== undefined) return moved(view, table, move(page), page);
  switch (name) {
    case 'q':
      return 'quit';
    case '/':
      return { ...view, isTyping: true };
    case 'escape':
      return { ...view, filter: '' };
    case 's':
      return { ...view, order: (view.order + 1) % table.orders.length, top: 0, selected: null };
    default:
      return view;
  }
}

function typed<T>(view: TopView<T>, { name, text }: Key): TopView<T> {
  switch (name) {
    case 'return':
    case 'enter':
      return { ...view, isTyping: false };
    case 'escape':
      return { ...view, isTyping: false, filter: '' };
    case 'backspace':
      return view.filter === '' ? { ...view, isTyping: false } : { ...view, filter: view.filter.slice(0, -1), top: 0 };
    default:
      return text === undefined || /\p{Cc}/u.test(text) ? view : { ...view, filter: view.filter + text, top: 0 };
  }
}

function moved<T extends { readonly uid: string }>(
  view: TopView<T>,
  table: TopTable<T>,
  by: number,
  page: number,
): TopView<T> {
  const rows = ordered(view, table);
  if (rows.length === 0) return view;
  const present = rows.findIndex(({ uid }) => uid === view.selected);
  // Nothing is selected yet: the first step selects what is at the top.
  const asked = present < 0 ? (by > 1 ? by : view.top) : present + by;
  const next = Math.max(0, Math.min(asked, rows.length - 1));
  const top = Math.max(0, Math.min(Math.max(view.top, next - page + 1), next));
  return { ...view, selected: rows[next]!.uid, top };
}

/** A run of characters that look the same. */
interface Styled {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

export interface ScreenLine {
  readonly parts: readonly Styled[];
  readonly isTitle?: boolean;
  readonly isSelected?: boolean;
}

/** Lines that are no rows: what is shown, the titles, and the keys. */
const FIXED_LINES = 3;

/** How many rows a terminal has room for, 1 or more. */
export function pageOf({ rows }: Room): number {
  return Math.max(1, rows - FIXED_LINES);
}

/** At most `room.rows` lines of at most `room.columns` characters. `heading`: what is shown. */
export function drawTop<T extends { readonly uid: string }>(
  view: TopView<T>,
  table: TopTable<T>,
  heading: string,
  { room, now }: { readonly room: Room; readonly now: number },
): ScreenLine[] {
  const rows = ordered(view, table);
  const page = pageOf(room);
  const top = Math.max(0, Math.min(view.top, rows.length - page));
  const shown = rows.slice(top, top + page);
  const at = { now, age: Math.max(0, (now - view.at) / 1000) };
  const cells = rows.map((row) => table.columns.map(({ value }) => printable(value(row, at))));
  const columns = fitting(table.columns, cells, room.columns);
  const body = shown.map((row, index): ScreenLine => ({
    parts: cutParts(
      columns.map(({ column, width, place }) => ({
        text: aligned(cells[top + index]?.[place] ?? '', column, width),
        tone: column.tone?.(row),
      })),
      room.columns,
    ),
    isSelected: row.uid === view.selected,
  }));
  const titles = columns.map(({ column, width }) => aligned(column.title, column, width)).join('');
  const lines: ScreenLine[] = [
    { parts: [{ text: cut(`${heading}: ${countText(view, rows.length, table)}`, room.columns) }] },
    { parts: [{ text: cut(titles.trimEnd(), room.columns) }], isTitle: true },
    ...body,
    { parts: [{ text: cut(footer(view, rows.length, top, page), room.columns) }], isTitle: true },
  ];
  return lines.slice(0, room.rows);
}

function countText<T extends { readonly uid: string }>(
  { rows, order, filter }: TopView<T>,
  shown: number,
  { plural, orders }: TopTable<T>,
): string {
  if (rows === null) return 'nothing is known yet';
  const count = filter === '' ? String(rows.length) : `${shown} of ${rows.length}`;
  return `${count} ${plural} by ${(orders[order] ?? orders[0]).name}`;
}

function footer<T>({ isTyping, filter, notice }: TopView<T>, count: number, top: number, page: number): string {
  if (isTyping) return `/${filter}█  Enter keeps it, Esc clears it`;
  if (notice !== '') return printable(notice);
  const where = count > page ? `${top + 1}–${Math.min(count, top + page)} of ${count}  ` : '';
  const kept = filter === '' ? '' : `  /${printable(filter)}: Esc clears it`;
  return `${where}q quit  ↑↓ move  s order  / filter${kept}`;
}

/** Between two columns. */
const GAP = 2;

interface Fitting<T> {
  readonly column: TopColumn<T>;
  /** Place among all columns. */
  readonly place: number;
  readonly width: number;
}

/** Those columns that find room, in their order; each as wide as its widest cell. */
function fitting<T>(
  columns: readonly TopColumn<T>[],
  cells: readonly (readonly string[])[],
  room: number,
): Fitting<T>[] {
  let kept = columns.map((column, place): Fitting<T> => {
    const widest = Math.max(column.title.length, ...cells.map((row) => textWidth(row[place] ?? '')));
    return { column, place, width: (column.isText === true ? column.title.length : widest) + GAP };
  });
  const left = (): number => room + GAP - kept.reduce((sum, { width }) => sum + width, 0);
  const goers = kept.filter(({ column }) => column.rank !== undefined);
  goers.sort((a, b) => (b.column.rank ?? 0) - (a.column.rank ?? 0));
  for (const goer of goers) if (left() < 0) kept = kept.filter((one) => one !== goer);
  // What is left is the text's, which is cut behind it.
  return kept.map((one) => (one.column.isText === true ? { ...one, width: one.width + Math.max(0, left()) } : one));
}

/** With the gap to the next column behind it. */
function aligned<T>(text: string, { isNumber }: TopColumn<T>, width: number): string {
  const shown = cut(text, width - GAP);
  return isNumber === true ? paddedStart(shown, width - GAP) + ' '.repeat(GAP) : padded(shown, width);
}

function cutParts(parts: readonly Styled[], columns: number): Styled[] {
  let left = columns;
  return parts.flatMap((part) => {
    const text = beginning(part.text, left);
    // Whatever comes behind what was cut off has no place either.
    left = text === part.text ? left - textWidth(text) : 0;
    return text === '' ? [] : [{ ...part, text }];
  });
}
