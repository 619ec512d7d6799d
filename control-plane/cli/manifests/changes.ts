/** What is different between two manifests, field by field. Pure. */

export interface Change {
  /** Path of the field, such as `spec.components[web].concurrency`: parts of a list by their alias or name where they have one. With `[]` behind it: the order of its parts. */
  readonly field: string;
  /** Null: it is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/** In the order of the second, with what only the first has behind it. What is only there in one of them is one change as a whole. */
export function changesBetween(before: unknown, after: unknown): readonly Change[] {
  return changes(before, after, '');
}

function changes(before: unknown, after: unknown, field: string): Change[] {
  if (before === after) return [];
  const [from, to] = [partsOf(before), partsOf(after)];
  if (from === undefined || to === undefined || from.isList !== to.isList)
    return JSON.stringify(before) === JSON.stringify(after)
      ? []
      : [{ field, before: before ?? null, after: after ?? null }];
  const keys = new Set([...to.parts.keys(), ...from.parts.keys()]);
  return [
    ...(to.isList ? orderChange(from.parts, to.parts, field) : []),
    ...[...keys].flatMap((key) =>
      changes(from.parts.get(key), to.parts.get(key), to.isList ? `${field}[${key}]` : joined(field, key)),
    ),
  ];
}

/** Of what both have: parts with names may have changed their places alone. */
function orderChange(from: Parts['parts'], to: Parts['parts'], field: string): Change[] {
  const before = [...from.keys()].filter((key) => to.has(key));
  const after = [...to.keys()].filter((key) => from.has(key));
  return before.join('\n') === after.join('\n') ? [] : [{ field: `${field}[]`, before, after }];
}

interface Parts {
  readonly isList: boolean;
  readonly parts: ReadonlyMap<string, unknown>;
}

function partsOf(value: unknown): Parts | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return { isList: false, parts: new Map(Object.entries(value)) };
  const names = value.map(nameOf);
  const isNamed = names.every((name) => name !== undefined) && new Set(names).size === names.length;
  return { isList: true, parts: new Map(value.map((item, index) => [isNamed ? names[index]! : String(index), item])) };
}

function nameOf(item: unknown): string | undefined {
  const { alias, name } = (item ?? {}) as { alias?: unknown; name?: unknown };
  return [alias, name].find((word): word is string => typeof word === 'string');
}

function joined(field: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${field}[${JSON.stringify(key)}]`;
  return field === '' ? key : `${field}.${key}`;
}
