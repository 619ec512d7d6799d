/** Data on stdout, in the format that was asked for. */
import type { Io } from '../io.ts';
import { print, say } from '../io.ts';
import { printable } from './text.ts';

export type Format = 'table' | 'json' | 'yaml';
export const FORMATS: readonly Format[] = ['table', 'json', 'yaml'];

export interface Column<T> {
  readonly title: string;
  /** `now` in milliseconds since the epoch. */
  readonly value: (item: T, now: number) => string;
}

/** A label and its value, or a heading, of a description. */
export type Line = readonly [label: string, value: string] | string;

export class Printer {
  readonly format: Format;
  readonly #io: Io;
  #headed: string[] | undefined;
  #count = 0;

  constructor(io: Io, format: Format) {
    this.#io = io;
    this.format = format;
  }

  /** A list: a table, or an array. */
  async list<T>(items: readonly T[], columns: readonly Column<T>[], nothing: string): Promise<void> {
    if (this.format !== 'table') return this.value(items);
    if (items.length === 0) return say(this.#io, nothing);
    print(this.#io, await this.table(items, columns));
  }

  /** One thing: what is written for people, or the value itself. */
  async one(value: unknown, lines: (() => string | Promise<string>) | readonly Line[]): Promise<void> {
    if (this.format !== 'table') return this.value(value);
    print(this.#io, typeof lines === 'function' ? await lines() : describe(lines));
  }

  /** One item of a stream: a line, a line of JSON, or a document of YAML. */
  async item(value: unknown, line: () => string): Promise<void> {
    if (this.format === 'table') print(this.#io, line());
    else if (this.format === 'json') print(this.#io, json(value));
    else print(this.#io, `---\n${await yaml(value)}`);
  }

  /** One row of a table that grows; the titles come before the first. */
  async row<T>(item: T, columns: readonly Column<T>[]): Promise<void> {
    if (this.format !== 'table') return this.item(item, () => '');
    const cells = columns.map((column) => printable(column.value(item, this.#io.now())));
    this.#headed ??= columns.map((column, index) => column.title.padEnd(cells[index]?.length ?? 0));
    const widths = this.#headed.map((title) => title.length);
    if (this.#count === 0) print(this.#io, this.#headed.join('  ').trimEnd());
    this.#count += 1;
    print(
      this.#io,
      cells
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
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

  /** A table without lines, as text. */
  async table<T>(items: readonly T[], columns: readonly Column<T>[]): Promise<string> {
    const { default: Table } = await import('cli-table3');
    const gaps = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
    const none = [...gaps, 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'].map(
      (name) => [name, ''] as const,
    );
    const table = new Table({
      head: columns.map((column) => column.title),
      chars: { ...Object.fromEntries(none), middle: '  ' },
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    });
    const now = this.#io.now();
    for (const item of items) table.push(columns.map((column) => printable(column.value(item, now))));
    return table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n');
  }
}

/** Labels in one column, their values in the next. */
export function describe(lines: readonly Line[]): string {
  const width = Math.max(0, ...lines.map((line) => (typeof line === 'string' ? 0 : line[0].length + 1)));
  return lines
    .map((line) =>
      typeof line === 'string' ? line : `${`${line[0]}:`.padEnd(width)}  ${printable(line[1])}`.trimEnd(),
    )
    .join('\n');
}

/** JSON in which no character of any text can steer a terminal: what JSON leaves as it is is escaped, too. */
function json(value: unknown, indentation?: number): string {
  return JSON.stringify(value, null, indentation).replace(/[\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}/gu, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

async function yaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  // A text with control characters is quoted; what YAML then leaves as it is is escaped as JSON would.
  return stringify(value, { lineWidth: 0 }).replace(/[\u007f-\u009f]|\p{Bidi_Control}/gu, escaped);
}
