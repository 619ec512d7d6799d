/** A manifest as text: read with the places of its parts, and changed in places, so that comments stay. */
import { isScalar, LineCounter, parseDocument, type Document } from 'yaml';

export type Path = readonly (string | number)[];

export interface TextFault {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface ReadText {
  /** What it says; undefined where it cannot be read. */
  readonly value: unknown;
  /** Why it cannot be read; empty: it can. */
  readonly faults: readonly TextFault[];
  /** The line of a part, from 1: of the nearest that is there. */
  readonly lineOf: (path: Path) => number;
}

/** Expands to many times its size otherwise. */
const MOST_ALIASES = 10;

export function readText(text: string): ReadText {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const faults = document.errors.map(({ pos: [offset], message }) => {
    const { line, col } = counter.linePos(offset);
    // The library shows the place in its words as well.
    return {
      line: Math.max(1, line),
      column: Math.max(1, col),
      message: message.split('\n')[0]!.replace(/ at line .*$/, ''),
    };
  });
  if (faults.length > 0) return { value: undefined, faults, lineOf: () => 1 };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    return { value, faults, lineOf: (path) => lineOf(document, counter, path) };
  } catch (error) {
    const message = error instanceof Error ? error.message : 'It cannot be read.';
    return { value: undefined, faults: [{ line: 1, column: 1, message }], lineOf: () => 1 };
  }
}

function lineOf(document: Document, counter: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
    if (range) return Math.max(1, counter.linePos(range[0]).line);
  }
  return 1;
}

/** Makes the part at a path another; undefined takes it away. */
export interface Edit {
  readonly path: Path;
  readonly value: unknown;
}

/** What is to be done to make one value the other, in the smallest places: members of objects, whole lists. */
export function editsBetween(before: unknown, after: unknown, path: Path = []): Edit[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (!isObject(before) || !isObject(after)) return [{ path, value: after }];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => editsBetween(before[name], after[name], [...path, name]));
}

/** The text with these changes; comments and the way of writing stay where nothing is changed. @param text can be read */
export function withEdits(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  const document = parseDocument(text);
  for (const { path, value } of edits) change(document, path, value);
  return document.toString({ lineWidth: 0 });
}

function change(document: Document, path: Path, value: unknown): void {
  if (value === undefined) {
    document.deleteIn(path);
    removeEmpty(document, path.slice(0, -1));
    return;
  }
  const node: unknown = document.getIn(path, true);
  const isPlain = value === null || typeof value !== 'object';
  // In its place, so that the comment behind it stays.
  if (isScalar(node) && isPlain) {
    node.value = value;
    delete node.source;
  } else document.setIn(path, document.createNode(value));
}

/** What the last member was taken from says nothing any more; the specification itself stays. */
function removeEmpty(document: Document, path: Path): void {
  if (path.length < 2) return;
  const node: unknown = document.getIn(path, true);
  const items = (node as { items?: readonly unknown[] } | undefined)?.items;
  if (items === undefined || items.length > 0) return;
  document.deleteIn(path);
  removeEmpty(document, path.slice(0, -1));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
