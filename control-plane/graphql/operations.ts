/** What is true of an operation whichever way it arrives: how it is read, what it may ask for, and what it is given. */
import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
} from 'graphql';
import { newUid } from '../../schema/ids.ts';
import type { Principal } from '../app/principal.ts';
import type { Arrival } from './arrival.ts';
import { Once, type GraphQLContext } from './context.ts';
import { Deadline } from './deadline.ts';
import { exceeded, exceededByText, type Limits } from './limits.ts';

/** The context of one operation. Its deadline, where it has one, is to be closed when it has been answered. */
export function newContext(
  shared: Pick<GraphQLContext, 'useCases' | 'rates'>,
  principal: Principal,
  { milliseconds, ...how }: { readonly milliseconds: number | null; readonly sessionEndsAt: number | null } & Arrival,
): GraphQLContext {
  const deadline = milliseconds === null ? null : new Deadline(milliseconds);
  return { principal, ...shared, requestId: newUid(), ...how, deadline, once: new Once() };
}

/**
 * Reads and checks an operation that did not come through Apollo Server, with the same limits and the same error codes.
 * The arguments lack only a context.
 */
export function prepare(
  schema: GraphQLSchema,
  request: {
    readonly query: string;
    readonly operationName?: string | null;
    readonly variables?: Readonly<Record<string, unknown>> | null;
  },
  limits: Limits,
): { readonly args: ExecutionArgs; readonly isSubscription: boolean } | readonly GraphQLError[] {
  let document: DocumentNode;
  try {
    document = parse(request.query, { maxTokens: limits.tokens });
  } catch (error) {
    return [coded(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')];
  }
  const tooLong = exceededByText(document, limits);
  if (tooLong !== undefined) return [tooLong];
  const invalid = validate(schema, document, specifiedRules);
  if (invalid.length > 0) return invalid.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
  const operation = getOperationAST(document, request.operationName);
  if (!operation) {
    return [
      new GraphQLError('the document has several operations: name one of them as operationName', {
        extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
      }),
    ];
  }
  const variables = request.variables ?? {};
  const tooMuch = exceeded({ schema, document, operation, variables }, limits);
  if (tooMuch !== undefined) return [tooMuch];
  return {
    args: { schema, document, operationName: request.operationName, variableValues: variables },
    isSubscription: operation.operation === OperationTypeNode.SUBSCRIPTION,
  };
}

function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    extensions: { code },
  });
}
