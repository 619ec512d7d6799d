/** Around every mutation of the schema, whatever its resolver does: it leaves an audit record, also when its input is refused. */
import { ArgumentValidationError, type MiddlewareFn } from 'type-graphql';
import type { GraphQLContext } from '../context.ts';
import { invalid } from '../errors.ts';

export const recorded: MiddlewareFn<GraphQLContext> = ({ context, info, args }, next): Promise<unknown> => {
  if (info.parentType.name !== 'Mutation') return next();
  const { useCases, principal, requestId, address } = context;
  const input = args.input as { readonly idempotencyKey?: unknown } | undefined;
  const key = input?.idempotencyKey;
  const request = {
    mutation: info.fieldName,
    input,
    address,
    idempotencyKey: typeof key === 'string' ? key : null,
    request: requestId,
  };
  return useCases.audited(principal, request, async () => {
    try {
      return (await next()) as unknown;
    } catch (error) {
      throw error instanceof ArgumentValidationError ? invalid(error) : error;
    }
  });
};
