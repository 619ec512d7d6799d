/** Data on stdout, in the format that was asked for. */
import { usage } from '../exit.ts';
import type { Io } from '../io.ts';
import { print, say } from '../io.ts';
import { widthOf } from '../terminal/room.ts';
import { wantsColour } from './colour.ts';
import { foreignLines } from './foreign.ts';
import { table } from './table.ts';
import { printable } from './text.ts';
import { cut, padded, textWidth } from './width.ts';

export type Format = 'table' | 'wide' | 'json' | 'yaml' | 'name';
export const FORMATS: readonly Format[] = ['table', 'wide', 'json', 'yaml', 'name'];

export interface Column<T> {
  readonly title: string;
  /** `now` in milliseconds since the epoch. */
  readonly value: (item: T, now: number) => string;
  /** Shown with `-o wide` only. */
  readonly isWide?: boolean;
}

/** A label and its value, or a heading, of a description. */
export type Line = readonly [label: string, value: string] | string;

/** `kind/name`, as commands take it. */
export type Reference<T> = (item: T) => string;

export class Printer {
  /** What a command has to tell apart: for people (with `-o wide`, too), for programs, or names alone. */
  readonly format: 'table' | 'json' | 'yaml' | 'name';
  readonly #isWide: boolean;
  readonly #io: Io;
  #headed: string[] | undefined;
  #count = 0;

  constructor(io: Io, format: Format) {
    this.#io = io;
    this.#isWide = format === 'wide';
    this.format = format === 'wide' ? 'table' : format;
  }

  /** A list: a table, an array, or a name a line. */
  async list<T>(
    items: readonly T[],
    columns: readonly Column<T>[],
    nothing: string,
    reference?: Reference<T>,
  ): Promise<void> {
    if (this.format === 'name') return this.#names(items, reference);
    if (this.format !== 'table') return this.value(items);
    if (items.length === 0) return say(this.#io, nothing);
    print(this.#io, await this.table(items, columns));
  }

  /** One thing: what is written for people, the value itself, or its name. */
  async one<T>(
    value: T,
    lines: (() => string | Promise<string>) | readonly Line[],
    reference?: Reference<NonNullable<T>>,
  ): Promise<void> {
    if (this.format === 'name') return this.#names(value === null || value === undefined ? [] : [value], reference);
    if (this.format !== 'table') return this.value(value);
    const text = typeof lines === 'function' ? await lines() : describe(lines);
    print(this.#io, foreignLines(text, wantsColour(this.#io, this.#io.stdout)));
  }

  /** One thing whose text alone is the data, to the character where a program reads it: a value, a secret. */
  async bare(value: unknown, text: string, names?: readonly string[]): Promise<void> {
    if (this.format === 'name') return this.#names(names ?? [], names && ((name) => name));
    if (this.format !== 'table') return this.value(value);
    print(this.#io, text);
  }

  /** One item of a stream: a line, a line of JSON, a document of YAML, or a name. */
  async item<T>(value: T, line: () => string, reference?: Reference<T>): Promise<void> {
    if (this.format === 'name') this.#names([value], reference);
    else if (this.format === 'table') print(this.#io, foreignLines(line(), wantsColour(this.#io, this.#io.stdout)));
    else if (this.format === 'json') print(this.#io, json(value));
    else print(this.#io, `---\n${await yaml(value)}`);
  }

  /** One row of a table that grows; the titles come before the first. */
  async row<T>(item: T, columns: readonly Column<T>[], reference?: Reference<T>): Promise<void> {
    if (this.format !== 'table') return this.item(item, () => '', reference);
    const shown = this.shown(columns);
    const cells = shown.map((column) => printable(column.value(item, this.#io.now())));
    this.#headed ??= shown.map(({ title }, index) => padded(title, textWidth(cells[index] ?? '')));
    const widths = this.#headed.map(textWidth);
    if (this.#count === 0) print(this.#io, this.#headed.join('  ').trimEnd());
    this.#count += 1;
    print(
      this.#io,
      cells
        .map((cell, index) => padded(cell, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }

  /** Lines that a program reads, as they are. */
  text(lines: readonly string[]): void {
    print(this.#io, lines.join('\n'));
  }

  /** A value as JSON or YAML. */
  async value(value: unknown): Promise<void> {
    print(this.#io, this.format === 'yaml' ? (await yaml(value)).trimEnd() : json(value, 2));
  }

  /** A table without lines, as text; on a terminal no wider than that, unless `-o wide` asks for all. */
  async table<T>(items: readonly T[], columns: readonly Column<T>[]): Promise<string> {
    const now = this.#io.now();
    const shown = this.shown(columns);
    const rows = items.map((item) => shown.map((column) => printable(column.value(item, now))));
    return table(
      shown.map(({ title }) => title),
      rows,
      this.#isWide ? undefined : widthOf(this.#io),
    );
  }

  /** A line for people; on a terminal no wider than that, unless `-o wide` asks for all. */
  fitted(line: string): string {
    const width = this.#isWide ? undefined : widthOf(this.#io);
    return width === undefined ? line : cut(line, width);
  }

  /** Those that tables show. */
  shown<T>(columns: readonly Column<T>[]): readonly Column<T>[] {
    return this.#isWide ? columns : columns.filter(({ isWide }) => isWide !== true);
  }

  #names<T>(items: readonly T[], reference: Reference<T> | undefined): void {
    if (reference === undefined) throw usage('-o name: what this command prints has no name; see -o json');
    for (const item of items) print(this.#io, printable(reference(item)));
  }
}

/** Labels in one column, their values in the next. */
export function describe(lines: readonly Line[]): string {
  const width = Math.max(0, ...lines.map((line) => (typeof line === 'string' ? 0 : textWidth(line[0]) + 1)));
  return lines
    .map((line) =>
      typeof line === 'string'
        ? printable(line)
        : `${padded(`${printable(line[0])}:`, width)}  ${printable(line[1])}`.trimEnd(),
    )
    .join('\n');
}

/** JSON in which no character of any text can steer a terminal: what JSON leaves as it is is escaped, too. */
export function json(value: unknown, indentation?: number): string {
  return JSON.stringify(value, null, indentation).replace(/[\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}/gu, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

async function yaml(value: unknown): Promise<string> {
  return (await import('./yaml.ts')).toYaml(value);
}
