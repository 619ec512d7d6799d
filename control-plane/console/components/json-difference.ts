/** What is different between two JSON values. */

export interface Difference {
  /** Names and indices from the beginning. */
  readonly path: readonly (string | number)[];
  /** Undefined: it was not there. */
  readonly before: unknown;
  /** Undefined: it is not there any more. */
  readonly after: unknown;
}

/** In the order of the first value, then what only the second has. Lists of other lengths or of plain values are different as a whole. */
export function differences(before: unknown, after: unknown, path: Difference['path'] = []): Difference[] {
  if (isSame(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => differences(own(before, name), own(after, name), [...path, name]));
  }
  if (isListOfObjects(before) && isListOfObjects(after) && before.length === after.length)
    return before.flatMap((item, index) => differences(item, after[index], [...path, index]));
  return [{ path, before, after }];
}

/** `environment.GREETING`, `routes[0].path`. */
export function pathText(path: Difference['path']): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('');
}

/** A text as it is, anything else as JSON; a word for what is not there. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfObjects(value: unknown): value is readonly Json[] {
  return Array.isArray(value) && value.every(isObject);
}

function own(value: Json, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** The order of names says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, part]) => [name, sorted(part)] as const);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
