/** What is another in an object after a change, as the audit record keeps it: by path, bounded, and without what is secret. */
import { isDeepStrictEqual } from 'node:util';

/** Values by the path of the field, such as `manifest.spec.components[0].start`. */
type Fields = Readonly<Record<string, unknown>>;

export interface Difference {
  /** The changed fields as they were; null where the object was not there. */
  readonly before: Fields | null;
  /** The changed fields as they are; null where the object is gone. */
  readonly after: Fields | null;
}

type Objects = Readonly<Record<string, unknown>>;

/** Never kept, not even that they changed: sealed values and digests. */
const NEVER = /^(sealed|hash|tokenHash|formerTokenHash|firstTokenHash|configurationDigest)$/;
/**
 * Of these only the names: people put passwords into variables and headers that are not for them, and whoever knows a webhook's
 * address may call it.
 */
const NAMES_ONLY = /^(environment|variables|headers|address)$/;
/** Stands for a value that is not kept. */
export const HIDDEN = '(not recorded)';
const LONGEST_TEXT = 1_000;
/** Of one side of a difference: a manifest may have thousands. */
const MOST_FIELDS = 200;
/** Stands for the fields beyond {@link MOST_FIELDS}. */
const MORE = '…';

/** A value that is not taken apart further. */
interface Leaf {
  readonly value: unknown;
  /** Only that it is there may be kept. */
  readonly isHidden: boolean;
}

/** Null where nothing is another. `undefined` stands for an object that is not there. */
export function difference(before: object | undefined, after: object | undefined): Difference | null {
  const [old, next] = [leavesOf(before), leavesOf(after)];
  const gone = changed(old, next);
  const come = changed(next, old);
  if (gone.length + come.length === 0) return null;
  return { before: before === undefined ? null : fields(gone), after: after === undefined ? null : fields(come) };
}

/** By their paths, as they are stored: what JSON does not know is not there. */
function leavesOf(object: object | undefined): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  if (object !== undefined) collect(leaves, '', JSON.parse(JSON.stringify(object)), false);
  return leaves;
}

function collect(leaves: Map<string, Leaf>, path: string, value: unknown, isHidden: boolean): void {
  // Of a list of scalars the whole says more than its parts; objects are always taken apart, so that nothing in them is missed.
  if (Array.isArray(value) && value.some((part) => typeof part === 'object' && part !== null)) {
    for (const [index, part] of value.entries()) collect(leaves, `${path}[${index}]`, part, isHidden);
  } else if (isObject(value) && Object.keys(value).length > 0) {
    for (const [name, part] of Object.entries(value))
      if (!NEVER.test(name))
        collect(leaves, path === '' ? name : `${path}.${name}`, part, isHidden || NAMES_ONLY.test(name));
  } else {
    leaves.set(path, { value, isHidden });
  }
}

/** What is not the same on the other side. */
function changed(side: ReadonlyMap<string, Leaf>, other: ReadonlyMap<string, Leaf>): (readonly [string, Leaf])[] {
  return [...side].filter(([path, { value }]) => {
    const there = other.get(path);
    return there === undefined || !isDeepStrictEqual(there.value, value);
  });
}

function isObject(value: unknown): value is Objects {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kept({ value, isHidden }: Leaf): unknown {
  if (isHidden) return HIDDEN;
  if (Array.isArray(value)) return value.map((part: unknown) => kept({ value: part, isHidden }));
  if (typeof value !== 'string') return value;
  const text = withoutUser(value);
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)` : text;
}

/** A URL without its user and password, wherever it stands in a text. */
function withoutUser(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi, '$1');
}

function fields(leaves: readonly (readonly [string, Leaf])[]): Fields {
  const shown = leaves.slice(0, MOST_FIELDS).map(([path, leaf]): [string, unknown] => [path, kept(leaf)]);
  if (leaves.length > MOST_FIELDS) shown.push([MORE, `${leaves.length - MOST_FIELDS} fields more`]);
  return Object.fromEntries(shown);
}
