/** What may come over a wire: values that parsers trip over, and valid documents with something wrong in them. */
import fc from 'fast-check';

/** Stands for a number that JSON can spell and a double cannot hold: JSON.parse makes it Infinity. */
const TOO_LARGE = '@too-large@';

const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  -0.5,
  1e21,
  1e308,
  5e-324,
  9_007_199_254_740_992,
  TOO_LARGE,
  '',
  '\u0000',
  'a\u001b[2Jb\r\u202e',
  'lone \ud800 half',
  'x'.repeat(3000),
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '#',
  'a/b',
  'nan',
  'https://user:word@host/\n',
  'javascript:alert(1)',
  [],
  [[]],
  new Array(200).fill(1),
  new Array(3000).fill('a'),
  {},
  { constructor: 1, length: 2 },
  JSON.parse('{"__proto__": {"v": 1}}'),
];

/** Any value of JSON, most often one that was made to hurt. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.double() },
);

type Step = string | number;

function pathsOf(value: unknown, at: readonly Step[] = []): Step[][] {
  if (typeof value !== 'object' || value === null) return [[...at]];
  const below = Object.entries(value).flatMap(([key, item]) =>
    pathsOf(item, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? below : [[...at], ...below];
}

type Change =
  | { readonly kind: 'replace'; readonly value: unknown }
  | { readonly kind: 'remove' }
  | { readonly kind: 'add'; readonly name: string; readonly value: unknown };

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('replace' as const), value: hostileValue }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'remove' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      name: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'extra')),
      value: hostileValue,
    }),
  },
);

function changed(value: unknown, path: readonly Step[], what: Change): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return what.kind === 'replace' ? what.value : value;
  if (typeof value !== 'object' || value === null) return value;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<Step, unknown>;
  if (rest.length > 0) copy[step] = changed(copy[step], rest, what);
  else if (what.kind === 'replace') copy[step] = what.value;
  else if (what.kind === 'add') add(copy, what.name, what.value);
  else if (Array.isArray(copy)) copy.splice(Number(step), 1);
  else Reflect.deleteProperty(copy, step);
  return copy;
}

/** Not assigned: `__proto__` would be no field. The length of a list is none that JSON has, and it throws for a value that is no length. */
function add(to: Record<Step, unknown>, name: string, value: unknown): void {
  if (Array.isArray(to) && name === 'length') return;
  Reflect.defineProperty(to, name, { value, enumerable: true });
}

/** The document with up to three of its places replaced, removed or given something more. */
export function mutated(document: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(document);
  return fc
    .array(fc.tuple(fc.constantFrom(...paths), change), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((value, [path, what]) => changed(value, path, what), document));
}

/** JSON as a hostile writer spells it. */
export function hostileJson(value: unknown): string {
  return (JSON.stringify(value) ?? '').replaceAll(`"${TOO_LARGE}"`, '1e999');
}

/** The text with some of its characters replaced, doubled or cut off. */
export function damaged(text: string): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(fc.nat(Math.max(0, text.length - 1)), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((cuts) =>
      cuts.reduce((rest, [at, removed, put]) => `${rest.slice(0, at)}${put}${rest.slice(at + removed)}`, text),
    );
}

/** Why a parsed value is none that the rest of the program may see; `undefined` when it is. */
export function unsound(value: unknown, path = ''): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && value >= 0 ? undefined : `${path} is ${value}`;
    case 'string':
      return /(?![\n\t])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u.test(value)
        ? `${path} holds a control character: ${JSON.stringify(value)}`
        : undefined;
    case 'object':
      for (const [name, item] of Object.entries(value ?? {})) {
        const found = unsound(name, `the name ${path}.${name}`) ?? unsound(item, `${path}.${name}`);
        if (found !== undefined) return found;
      }
      return undefined;
    default:
      return undefined;
  }
}
