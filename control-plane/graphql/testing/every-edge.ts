/**
 * One query over everything that a field of the schema leads to: each edge (a field of a type that leads to another type) is
 * gone once, by the shortest way, so that a query is as long as the schema and not as the ways through it.
 */
import {
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

/** Arguments by field, `Type.field`. */
export type Arguments = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Node {
  readonly type: GraphQLNamedType;
  /** Text of each selection, or what is selected below it. */
  readonly selections: Map<string, Node | null>;
}

/** The selection below a field, with braces; empty for one that leads to no object. */
export function everyEdge(field: GraphQLField<unknown, unknown>, schema: GraphQLSchema, given: Arguments): string {
  const gone = new Set<string>();
  const root: Node = { type: getNamedType(field.type), selections: new Map() };
  const queue = [root];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    const members = isUnionType(node.type)
      ? node.type.getTypes()
      : isInterfaceType(node.type)
        ? schema.getPossibleTypes(node.type)
        : [];
    for (const member of members) put(node, `... on ${member.name}`, member);
    if (!isObjectType(node.type)) continue;
    for (const next of Object.values(node.type.getFields())) {
      const name = `${node.type.name}.${next.name}`;
      const text = next.name + literals(given[name] ?? {}, name, next);
      if (isLeafType(getNamedType(next.type))) node.selections.set(text, null);
      else if (!gone.has(name)) {
        gone.add(name);
        put(node, text, getNamedType(next.type));
      }
    }
  }
  return print(root);

  function put(node: Node, text: string, type: GraphQLNamedType): void {
    const below: Node = { type, selections: new Map() };
    node.selections.set(text, below);
    queue.push(below);
  }
}

/** Arguments as a query has them. Throws, by its name, where one is needed and none is given. */
export function literals(
  given: Readonly<Record<string, unknown>>,
  name: string,
  field: Pick<GraphQLField<unknown, unknown>, 'args'>,
): string {
  const missing = field.args.find((argument) => isRequiredArgument(argument) && !Object.hasOwn(given, argument.name));
  if (missing !== undefined)
    throw new Error(
      `${name} needs the argument ${missing.name}: say in the test of who may what what it is asked with`,
    );
  const texts = Object.entries(given).map(([argument, value]) => `${argument}: ${literal(value)}`);
  return texts.length === 0 ? '' : `(${texts.join(', ')})`;
}

/** A value of an enumeration, which stands in a query without quotes. */
export class EnumValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

function literal(value: unknown): string {
  if (value instanceof EnumValue) return value.name;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, part]) => `${name}: ${literal(part)}`)
    .join(', ')} }`;
}

function print({ type, selections }: Node): string {
  if (isLeafType(type)) return '';
  const texts = [...selections].map(([text, below]) => (below === null ? text : `${text} ${print(below)}`));
  return `{ __typename ${texts.join(' ')} }`;
}

/** What became of one field, `Type.field`, in an answer. */
export interface Met {
  /** Somewhere it was something: neither null nor an empty list. */
  isSeen: boolean;
  readonly codes: Set<string>;
}

/** Every field of the objects in an answer. Errors are those at their paths. */
export function metIn(
  schema: GraphQLSchema,
  data: unknown,
  errors: readonly {
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[] = [],
): Map<string, Met> {
  const met = new Map<string, Met>();
  const of = (name: string): Met => {
    const known = met.get(name) ?? { isSeen: false, codes: new Set<string>() };
    met.set(name, known);
    return known;
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null) return;
    const { __typename, ...fields } = value as Record<string, unknown>;
    for (const [field, part] of Object.entries(fields)) {
      if (typeof __typename === 'string' && part !== null && !(Array.isArray(part) && part.length === 0))
        of(`${__typename}.${field}`).isSeen = true;
      if (typeof __typename === 'string') of(`${__typename}.${field}`);
      visit(part);
    }
  };
  visit(data);
  for (const { path = [], extensions } of errors) {
    let type: GraphQLNamedType | undefined = schema.getQueryType() ?? undefined;
    let name = '';
    for (const step of path) {
      if (typeof step === 'number' || !isObjectType(type)) continue;
      name = `${type.name}.${step}`;
      const field: GraphQLField<unknown, unknown> | undefined = type.getFields()[step];
      type = field && getNamedType(field.type);
    }
    of(name).codes.add(String(extensions.code));
  }
  return met;
}
