/** From the text of a file to plain values with their places; everything that is wrong before a schema is looked at. */
import { LineCounter, isAlias, isMap, isPair, isScalar, parseAllDocuments, visit } from 'yaml';
import type { Document, Node, ParsedNode, YAMLError, YAMLMap } from 'yaml';
import { formatPath, shorten, type FieldPath, type ManifestError, type ManifestErrorCode } from './problem.ts';

/** Largest text of one file, in bytes. */
const MAX_MANIFEST_BYTES = 1024 * 1024;
/** Most manifests in one file. */
const MAX_DOCUMENTS = 1000;
/** Most alias nodes in one document; more are no convenience but an attack. */
const MAX_ALIASES = 100;

interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ReadDocument {
  readonly value: unknown;
  /** Place of a field's name or value; of the nearest thing around it when it is not there. */
  place(path: FieldPath, at: 'key' | 'value'): Place;
  /** A scalar as it is written. */
  written(path: FieldPath): string | undefined;
}

export type ReadResult =
  | { readonly ok: true; readonly documents: readonly ReadDocument[] }
  | { readonly ok: false; readonly errors: readonly ManifestError[] };

type Parsed = Document<ParsedNode> & { range: [number, number, number] };

/**
 * The text of a file with manifests, as it was saved: in bytes that are UTF-8, and not too many of them. For whoever sends it on
 * as text; {@link readDocuments} checks the same. Never throws.
 */
export function readText(
  bytes: Uint8Array,
  file: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly error: ManifestError } {
  const failed = (code: ManifestErrorCode, message: string) =>
    ({ ok: false, error: { code, file, field: '', message } }) as const;
  if (bytes.byteLength > MAX_MANIFEST_BYTES) return failed('MANIFEST_TOO_LARGE', tooLarge(bytes.byteLength));
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return failed('MANIFEST_ENCODING', NOT_UTF8);
  }
}

const NOT_UTF8 = 'the file is not UTF-8 text; save it as UTF-8 (a byte order mark is accepted)';

function tooLarge(size: number): string {
  return `the file has ${size} bytes; expected at most ${MAX_MANIFEST_BYTES} (1 MiB)`;
}

/** Reads YAML or JSON (UTF-8, with or without a byte order mark), several documents a file. Never throws. */
export function readDocuments(input: string | Uint8Array, file: string): ReadResult {
  const failed = (code: ManifestErrorCode, message: string, place?: Place): ReadResult => ({
    ok: false,
    errors: [{ code, file, ...place, field: '', message }],
  });
  const size = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength;
  if (size > MAX_MANIFEST_BYTES) return failed('MANIFEST_TOO_LARGE', tooLarge(size));
  const text = decode(input);
  if (text === undefined) return failed('MANIFEST_ENCODING', NOT_UTF8);

  if (isTooDeep(text)) return failed('MANIFEST_SYNTAX', TOO_DEEP);

  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Ours is linear and names both places; the library's compares each key with every other.
    uniqueKeys: false,
    stringKeys: true,
    resolveKnownTags: false,
    logLevel: 'error',
  }) as unknown as Parsed[];
  if (parsed.length === 0) return failed('MANIFEST_EMPTY', 'the file holds no manifest');
  if (parsed.length > MAX_DOCUMENTS)
    return failed('MANIFEST_TOO_LARGE', `the file holds ${parsed.length} documents; expected at most ${MAX_DOCUMENTS}`);

  const errors: ManifestError[] = [];
  const documents: ReadDocument[] = [];
  for (const [index, document] of parsed.entries()) {
    const found = check(document, index, lines, file);
    if (found.length > 0) errors.push(...found);
    else documents.push(new LocatedDocument(document, lines));
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, documents };
}

function decode(input: string | Uint8Array): string | undefined {
  let text: string;
  try {
    text = typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    return undefined;
  }
  // NUL: most often UTF-16 read as something else. Neither YAML nor JSON may hold one.
  if (text.includes('\0')) return undefined;
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
  // JSON may be indented with tabs, YAML may not. A raw tab cannot be in a JSON string, so a space changes nothing.
  return /^\s*[{[]/.test(bare) ? bare.replaceAll('\t', ' ') : bare;
}

const TOO_DEEP = 'the document is nested too deeply';

/** Nesting that the parser would refuse, too, but only after seconds. */
function isTooDeep(text: string): boolean {
  if (/(?:[-?][ \n]){1000}/.test(text)) return true;
  let depth = 0;
  for (const character of text) {
    if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > 1000) return true;
  }
  return false;
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function check(document: Parsed, index: number, lines: LineCounter, file: string): ManifestError[] {
  const error = (code: ManifestErrorCode, message: string, offset: number, path: FieldPath = []): ManifestError => ({
    code,
    file,
    ...placeOf(lines, offset),
    field: formatPath(path),
    message,
  });
  const syntax: YAMLError | undefined = document.errors[0] ?? document.warnings[0];
  if (syntax !== undefined) return [error('MANIFEST_SYNTAX', syntaxMessage(syntax), syntax.pos[0])];
  const contents = document.contents;
  const offset = contents?.range[0] ?? document.range[0];
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    const message = `document ${index + 1} is empty; remove its "---" or write a manifest after it`;
    return [error('MANIFEST_EMPTY', message, offset)];
  }
  if (!isMap(contents))
    return [error('MANIFEST_INVALID', 'expected an object with apiVersion, kind, metadata and spec', offset)];
  return checkNodes(document, error);
}

/** Repeated fields, fields that JavaScript would misread, and aliases: too many, recursive, or to nothing. */
function checkNodes(
  document: Parsed,
  error: (code: ManifestErrorCode, message: string, offset: number, path?: FieldPath) => ManifestError,
): ManifestError[] {
  const errors: ManifestError[] = [];
  const anchors = new Set<string>();
  let aliases = 0;
  visit(document, {
    Node: (_key, node, ancestors) => {
      const offset = node.range?.[0] ?? 0;
      if (isAlias(node)) {
        aliases++;
        const around = ancestors.some((ancestor) => 'anchor' in ancestor && ancestor.anchor === node.source);
        if (around) errors.push(error('MANIFEST_ALIASES', `the alias *${node.source} contains itself`, offset));
        else if (!anchors.has(node.source))
          errors.push(
            error('MANIFEST_ALIASES', `the alias *${node.source} has no anchor &${node.source} before it`, offset),
          );
      } else if (node.anchor !== undefined) anchors.add(node.anchor);
      if (!isMap(node)) return undefined;
      for (const { name, keyOffset, firstOffset } of repeatedFields(node)) {
        const message =
          firstOffset === undefined
            ? `the field name ${shorten(name)} is not allowed`
            : `the field ${shorten(name)} is given twice; expected it once`;
        errors.push(error('MANIFEST_DUPLICATE_FIELD', message, keyOffset, [...pathTo(ancestors, node), name]));
      }
      return undefined;
    },
  });
  if (errors.length > 0) return errors;
  if (aliases > MAX_ALIASES)
    return [error('MANIFEST_ALIASES', `${aliases} aliases; expected at most ${MAX_ALIASES}`, 0)];
  try {
    document.toJS({ maxAliasCount: MAX_ALIASES });
    return [];
  } catch (cause) {
    const why = cause instanceof ReferenceError ? 'anchors and aliases that multiply are refused' : String(cause);
    return [error('MANIFEST_ALIASES', `${why}; write the values out`, 0)];
  }
}

interface RepeatedField {
  readonly name: string;
  readonly keyOffset: number;
  /** Absent: the field may not be there at all. */
  readonly firstOffset: number | undefined;
}

function repeatedFields(map: YAMLMap): RepeatedField[] {
  const seen = new Map<string, number>();
  const repeated: RepeatedField[] = [];
  for (const { key } of map.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    const keyOffset = key.range?.[0] ?? 0;
    const firstOffset = seen.get(name);
    if (firstOffset !== undefined || name === '__proto__') repeated.push({ name, keyOffset, firstOffset });
    seen.set(name, keyOffset);
  }
  return repeated;
}

function pathTo(ancestors: readonly unknown[], node: unknown): FieldPath {
  const path: (string | number)[] = [];
  const chain = [...ancestors, node];
  for (const [index, ancestor] of chain.entries()) {
    const next = chain[index + 1];
    if (isPair(ancestor) && isScalar(ancestor.key)) path.push(String(ancestor.key.value));
    else if (typeof ancestor === 'object' && ancestor !== null && 'items' in ancestor && !isMap(ancestor))
      path.push((ancestor.items as unknown[]).indexOf(next));
  }
  return path.filter((part) => part !== -1);
}

function syntaxMessage(error: YAMLError): string {
  if (error.code === 'TAB_AS_INDENT') return 'a tab is used as indentation; YAML needs spaces';
  if (error.code === 'RESOURCE_EXHAUSTION' || /call stack/i.test(error.message)) return TOO_DEEP;
  if (error.code === 'TAG_RESOLVE_FAILED') return 'tags (words that begin with !) are not supported; remove it';
  if (error.code === 'NON_STRING_KEY') return 'expected a plain name as a field; quote text that begins with { or [';
  return `not valid YAML: ${error.message.split('\n')[0]?.slice(0, 200) ?? ''}`;
}

class LocatedDocument implements ReadDocument {
  readonly value: unknown;
  readonly #document: Parsed;
  readonly #lines: LineCounter;

  constructor(document: Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
    this.value = document.toJS({ maxAliasCount: MAX_ALIASES });
  }

  place(path: FieldPath, at: 'key' | 'value'): Place {
    let node: unknown = this.#document.contents;
    let offset = offsetOf(node) ?? this.#document.range[0];
    for (const [index, part] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.#document);
      const step = stepInto(node, part);
      if (step === undefined) break;
      node = step.value;
      const keyWanted = at === 'key' && index === path.length - 1;
      offset = (keyWanted ? step.keyOffset : offsetOf(node)) ?? step.keyOffset ?? offset;
      // A collection on the lines below its name: the name is where one looks.
      if (!isScalar(node) && step.keyOffset !== undefined) offset = step.keyOffset;
    }
    return placeOf(this.#lines, offset);
  }

  written(path: FieldPath): string | undefined {
    const node = this.#document.getIn(path, true);
    return isScalar(node) ? node.source : undefined;
  }
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function stepInto(node: unknown, part: string | number): { value: unknown; keyOffset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    return pair && { value: pair.value, keyOffset: offsetOf(pair.key) };
  }
  if (typeof node !== 'object' || node === null || !('items' in node)) return undefined;
  const item = (node.items as unknown[])[Number(part)];
  return item === undefined ? undefined : { value: item, keyOffset: undefined };
}
