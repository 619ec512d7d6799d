/**
 * JSON Schema (2020-12) as the fields of a form. What a form can show has a kind of its own; anything else is asked for as JSON
 * text, so that no schema is too much for it.
 */

/** What every field has. */
interface Common {
  /** What it is called, where the schema says so itself. */
  readonly title: string | null;
  /** What it is for, in the schema's words. */
  readonly description: string | null;
  /** What it is when nothing is given; undefined: the schema does not say. */
  readonly fallback: unknown;
}

export interface TextField extends Common {
  readonly kind: 'text';
  /** All of them have to be found in the text. */
  readonly patterns: readonly RegExp[];
  readonly minimumLength: number;
  readonly maximumLength: number;
}

export interface NumberField extends Common {
  readonly kind: 'number';
  readonly isWhole: boolean;
  /** Bounds that it may have, and others that it has to be beyond; infinite where there is none. */
  readonly minimum: number;
  readonly maximum: number;
  readonly above: number;
  readonly below: number;
}

export type Scalar = string | number | boolean | null;

/** One member of a group. */
interface Member {
  readonly name: string;
  readonly field: Field;
  readonly isRequired: boolean;
}

export type Field =
  | TextField
  | NumberField
  | (Common & { readonly kind: 'flag' })
  | (Common & { readonly kind: 'choice'; readonly values: readonly Scalar[] })
  /** A text that is the first of these which it can be. */
  | (Common & { readonly kind: 'either'; readonly options: readonly (TextField | NumberField)[] })
  | (Common & {
      readonly kind: 'list';
      readonly item: Field;
      readonly minimumItems: number;
      readonly maximumItems: number;
      readonly isUnique: boolean;
    })
  | (Common & { readonly kind: 'group'; readonly members: readonly Member[] })
  /** An object with names of one's own. */
  | (Common & { readonly kind: 'entries'; readonly names: TextField; readonly values: Field })
  /** What a form has no controls for. */
  | (Common & { readonly kind: 'json' });

type Schema = Readonly<Record<string, unknown>>;

/** Deeper is no form any more; also ends schemas that refer to themselves. */
const DEEPEST = 12;

/** @returns null where the schema lets nothing stand */
export function fieldOf(schema: unknown): Field | null {
  return convert(schema, { root: isSchema(schema) ? schema : {}, depth: 0 });
}

/** The same group with some of its members only, in this order; those that it has not are left out. */
export function pick(field: Field, names: readonly string[]): Field {
  if (field.kind !== 'group') return field;
  return { ...field, members: names.flatMap((name) => field.members.filter((member) => member.name === name)) };
}

interface Place {
  readonly root: Schema;
  readonly depth: number;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function convert(given: unknown, place: Place): Field | null {
  if (given === false) return null;
  if (!isSchema(given)) return { kind: 'json', ...common({}) };
  const schema = resolved(given, place.root);
  const { not } = schema;
  if (isSchema(not) && Object.keys(not).length === 0) return null;
  const about = common(schema);
  if (place.depth >= DEEPEST) return { kind: 'json', ...about };
  const below: Place = { ...place, depth: place.depth + 1 };
  if (Array.isArray(schema.enum)) return choice(schema.enum, about);
  if ('const' in schema) return choice([schema.const], about);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) return either(alternatives, about, below);
  return ofType(schema, about, below);
}

function ofType(schema: Schema, about: Common, below: Place): Field {
  switch (schema.type) {
    case 'string':
      return text(schema, about);
    case 'integer':
    case 'number':
      return number(schema, about);
    case 'boolean':
      return { kind: 'flag', ...about };
    case 'null':
      return choice([null], about);
    case 'array':
      return list(schema, about, below);
    case 'object':
      return object(schema, about, below);
    default:
      return { kind: 'json', ...about };
  }
}

/** Follows references within the document; what stands beside one lies over it. */
function resolved(schema: Schema, root: Schema): Schema {
  let current = schema;
  for (let step = 0; typeof current.$ref === 'string' && step < DEEPEST; step += 1) {
    const { $ref, ...beside } = current as Schema & { readonly $ref: string };
    const target = at(root, $ref);
    if (target === null) return beside;
    current = { ...target, ...beside };
  }
  return current;
}

function at(root: Schema, reference: string): Schema | null {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return null;
  let current: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isSchema(current) || !Object.hasOwn(current, name)) return null;
    current = current[name];
  }
  return isSchema(current) ? current : null;
}

function common({ title, description, default: fallback }: Schema): Common {
  return {
    title: typeof title === 'string' ? title : null,
    description: typeof description === 'string' ? description : null,
    fallback,
  };
}

function choice(values: readonly unknown[], about: Common): Field {
  const isScalar = (value: unknown): value is Scalar =>
    value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return values.every(isScalar) ? { kind: 'choice', ...about, values } : { kind: 'json', ...about };
}

function either(alternatives: readonly unknown[], about: Common, below: Place): Field {
  // "or nothing" is said by giving nothing.
  const options = alternatives.flatMap((alternative) => convert(alternative, below) ?? []).filter(isSomething);
  const [only] = options;
  if (options.length === 1) return { ...only!, description: about.description ?? only!.description };
  if (options.every((option) => option.kind === 'choice'))
    return { kind: 'choice', ...about, values: options.flatMap(({ values }) => values) };
  const isPlain = (option: Field): option is TextField | NumberField =>
    option.kind === 'text' || option.kind === 'number';
  return options.every(isPlain) ? { kind: 'either', ...about, options } : { kind: 'json', ...about };
}

function isSomething(field: Field): boolean {
  return field.kind !== 'choice' || field.values.some((value) => value !== null);
}

function text(schema: Schema, about: Common): TextField {
  const parts = [schema, ...(Array.isArray(schema.allOf) ? schema.allOf.filter(isSchema) : [])];
  return {
    kind: 'text',
    ...about,
    patterns: parts.flatMap(({ pattern }) => (typeof pattern === 'string' ? (expression(pattern) ?? []) : [])),
    minimumLength: numeric(schema.minLength, 0),
    maximumLength: numeric(schema.maxLength, Infinity),
  };
}

/** JSON Schema's expressions know Unicode; some were written without it in mind. One that cannot be read says nothing here. */
function expression(pattern: string): RegExp | null {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags);
    } catch {
      continue;
    }
  }
  return null;
}

function number(schema: Schema, about: Common): NumberField {
  return {
    kind: 'number',
    ...about,
    isWhole: schema.type === 'integer',
    minimum: numeric(schema.minimum, -Infinity),
    maximum: numeric(schema.maximum, Infinity),
    above: numeric(schema.exclusiveMinimum, -Infinity),
    below: numeric(schema.exclusiveMaximum, Infinity),
  };
}

function numeric(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function list(schema: Schema, about: Common, below: Place): Field {
  const item = convert(schema.items ?? true, below);
  if (item === null) return { kind: 'json', ...about };
  return {
    kind: 'list',
    ...about,
    item,
    minimumItems: numeric(schema.minItems, 0),
    maximumItems: numeric(schema.maxItems, Infinity),
    isUnique: schema.uniqueItems === true,
  };
}

function object(schema: Schema, about: Common, below: Place): Field {
  if (isSchema(schema.properties)) {
    const required = Array.isArray(schema.required) ? schema.required : [];
    const members = Object.entries(schema.properties).flatMap(([name, property]) => {
      const field = convert(property, below);
      return field === null ? [] : [{ name, field, isRequired: required.includes(name) }];
    });
    return { kind: 'group', ...about, members };
  }
  const values = isSchema(schema.additionalProperties) ? convert(schema.additionalProperties, below) : null;
  if (values === null) return { kind: 'json', ...about };
  const names = isSchema(schema.propertyNames) ? schema.propertyNames : {};
  return { kind: 'entries', ...about, names: text(names, common(names)), values };
}
