/** What one operation may ask for. Checked after validation and before anything is executed. */
import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  valueFromASTUntyped,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { DEFAULT_PAGE } from './connection.ts';

export interface Limits {
  /** Bytes of a request’s body, and of a message on a websocket. */
  readonly bodyBytes: number;
  /** Lexical tokens of a document. */
  readonly tokens: number;
  /** Nesting of fields. */
  readonly depth: number;
  /** Fields of a document that are given an alias. */
  readonly aliases: number;
  /** Fields that a document names, before its fragments are put in. */
  readonly fields: number;
  /** Directives of a document. */
  readonly directives: number;
  /** Places in a document where a fragment is put in. */
  readonly spreads: number;
  /** Estimated fields of the answer, lists counted with their asked or usual length. */
  readonly cost: number;
  /** Time within which a query or mutation is answered, in milliseconds. */
  readonly operationMilliseconds: number;
  /** Websocket connections at once. */
  readonly connections: number;
  /** Websocket connections at once of one token. */
  readonly connectionsPerToken: number;
  /** Operations at once on one websocket connection. */
  readonly operationsPerConnection: number;
  /** Bytes waiting to be sent on one websocket from which on nothing more is read from it. */
  readonly bufferedBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 1024 * 1024,
  tokens: 2_000,
  depth: 20,
  aliases: 100,
  fields: 1000,
  directives: 50,
  spreads: 100,
  cost: 500_000,
  operationMilliseconds: 30_000,
  connections: 1_000,
  connectionsPerToken: 100,
  operationsPerConnection: 100,
  bufferedBytes: 1024 * 1024,
};

/** Length that a list without a page size is taken to have. */
const USUAL_LIST = 5;
/** Arguments that bound a list. */
const PAGE_SIZES: readonly string[] = ['first', 'last', 'limit'];

interface Measured {
  readonly depth: number;
  readonly cost: number;
}

/**
 * The first limit that a document exceeds by what stands in it, or `undefined`. Checked before it is validated, which takes
 * long for a document that names the same things again and again.
 */
export function exceededByText(document: DocumentNode, limits: Limits): GraphQLError | undefined {
  const count = { fields: 0, aliases: 0, directives: 0, spreads: 0 };
  visit(document, {
    Field(node) {
      count.fields += 1;
      if (node.alias !== undefined) count.aliases += 1;
    },
    Directive() {
      count.directives += 1;
    },
    FragmentSpread() {
      count.spreads += 1;
    },
  });
  for (const [what, found] of Object.entries(count)) {
    const most = limits[what as keyof typeof count];
    if (found > most) return tooMuch(`${found} ${what}; at most ${most} are allowed`);
  }
  return undefined;
}

export interface Operation {
  readonly schema: GraphQLSchema;
  /** A valid document: its fragments exist and do not go in circles. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The first limit that an operation exceeds, as an error that says by how much; `undefined` when it keeps all of them. */
export function exceeded(operation: Operation, limits: Limits): GraphQLError | undefined {
  const { depth, cost } = measure({ ...operation, variables: withDefaults(operation) });
  if (depth > limits.depth) return tooMuch(`fields nested ${depth} deep; at most ${limits.depth} levels are allowed`);
  if (cost > limits.cost) {
    const estimate = cost > 1e12 ? 'too many' : String(Math.round(cost));
    return tooMuch(
      `an answer of about ${estimate} fields; at most ${limits.cost} are allowed: ask for shorter pages or fewer nested lists`,
    );
  }
  return undefined;
}

/** The variables as they count: those that were not given have the defaults of their definitions. */
function withDefaults({ operation, variables }: Operation): Readonly<Record<string, unknown>> {
  const defaults = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
  );
  const given = Object.entries(variables).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...defaults, ...given]);
}

function tooMuch(message: string): GraphQLError {
  return new GraphQLError(`the operation asks for too much: ${message}`, {
    extensions: { code: 'OPERATION_TOO_LARGE', http: { status: 400 } },
  });
}

/** Depth and cost with every fragment where it is spread; each fragment is measured once, so this is linear in the document. */
function measure({ schema, document, operation, variables }: Operation): Measured {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Measured>();

  const ofFragment = (name: string): Measured => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    if (fragment === undefined) return { depth: 0, cost: 0 };
    const result = ofSelections(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value));
    measured.set(name, result);
    return result;
  };

  const ofSelections = (selectionSet: SelectionSetNode, parent: GraphQLNamedType | undefined): Measured => {
    let depth = 0;
    let cost = 0;
    for (const selection of selectionSet.selections) {
      let part: Measured;
      if (selection.kind === Kind.FRAGMENT_SPREAD) part = ofFragment(selection.name.value);
      else if (selection.kind === Kind.FIELD) part = ofField(selection, parent);
      else {
        const condition = selection.typeCondition;
        part = ofSelections(selection.selectionSet, condition ? schema.getType(condition.name.value) : parent);
      }
      depth = Math.max(depth, part.depth);
      cost += part.cost;
    }
    return { depth, cost };
  };

  const ofField = (field: FieldNode, parent: GraphQLNamedType | undefined): Measured => {
    if (field.selectionSet === undefined) return { depth: 1, cost: 1 };
    const type = fieldType(parent, field.name.value);
    const inner = ofSelections(field.selectionSet, type === undefined ? undefined : getNamedType(type));
    return { depth: 1 + inner.depth, cost: 1 + inner.cost * length(field, type, parent, variables) };
  };

  return ofSelections(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
}

function fieldType(parent: GraphQLNamedType | undefined, name: string): GraphQLOutputType | undefined {
  // The schema's own entrances are among no type's fields.
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef.type;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef.type;
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name]?.type : undefined;
}

/** Usual lengths of the schema's own lists. */
function introspected(name: string): number {
  if (name === 'types') return 200;
  return name === 'fields' ? 8 : 2;
}

/** How often a field's selections are expected to be in the answer. */
function length(
  field: FieldNode,
  type: GraphQLOutputType | undefined,
  parent: GraphQLNamedType | undefined,
  variables: Readonly<Record<string, unknown>>,
): number {
  if (type === undefined || !isCompositeType(getNamedType(type))) return 1;
  if (parent?.name.startsWith('__')) return isListType(getNullableType(type)) ? introspected(field.name.value) : 1;
  // The page size is counted at the connection, not again at its edges.
  if (parent?.name.endsWith('Connection')) return 1;
  const isList = isListType(getNullableType(type));
  const isConnection = getNamedType(type).name.endsWith('Connection');
  if (!isList && !isConnection) return 1;
  const sizes = (field.arguments ?? [])
    .filter((argument) => PAGE_SIZES.includes(argument.name.value))
    .map((argument) => valueFromASTUntyped(argument.value, variables))
    .filter((value): value is number => typeof value === 'number' && value > 0);
  if (sizes.length > 0) return Math.min(...sizes);
  return isConnection ? DEFAULT_PAGE : USUAL_LIST;
}
