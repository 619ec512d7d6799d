/** Lines that are JSON, as a tree: numbers and texts as they were written, opened a level at a time. */
import { withoutEscapes } from './ansi.ts';

/** `text` of a value as JSON writes it, that of a text without its quotes. */
export type Node =
  | { readonly kind: 'object'; readonly entries: readonly (readonly [name: string, node: Node])[] }
  | { readonly kind: 'list'; readonly entries: readonly (readonly [name: string, node: Node])[] }
  | { readonly kind: 'text' | 'number' | 'word'; readonly text: string };

/** Longer ones are shown as text alone. */
const LONGEST = 1_000_000;
const DEEPEST = 200;

/** Whether it is worth a look: cheap, and not always right. */
export function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text) && /[}\]]\s*$/.test(text);
}

/** The object or list that a line is; null for every other line. Never throws. */
export function jsonOf(line: string): Node | null {
  const text = withoutEscapes(line);
  if (text.length > LONGEST || !looksLikeJson(text)) return null;
  try {
    return nodeOf(JSON.parse(text, asWritten), 0);
  } catch {
    // Not JSON, or too deep for the parser.
    return null;
  }
}

/** A number with the digits that stand there: 2^53 + 1 and 1.10 are not what a double makes of them. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** @param context of ECMAScript's "JSON.parse source text access"; absent where the browser does not have it */
function asWritten(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new Digits(context?.source ?? String(value)) : value;
}

function nodeOf(value: unknown, depth: number): Node {
  if (value instanceof Digits) return { kind: 'number', text: value.text };
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (typeof value !== 'object' || value === null) return { kind: 'word', text: String(value) };
  if (depth >= DEEPEST) throw new RangeError('deeper than anybody opens it');
  const entries = Object.entries(value).map(([name, each]) => [name, nodeOf(each, depth + 1)] as const);
  return { kind: Array.isArray(value) ? 'list' : 'object', entries };
}

/** `{5}`, `[12]`: what is in it, for a node that is closed. */
export function summary(node: Node): string {
  if (node.kind === 'object') return `{${node.entries.length}}`;
  return node.kind === 'list' ? `[${node.entries.length}]` : node.text;
}
