/**
 * Failures as callers see them.
 *
 * What a caller can put right in a mutation becomes a `UserError` of its payload. Everything else is an error of the
 * request, with a stable `extensions.code`; what nobody expected is masked, and logged under the id that the caller gets.
 */
import { unwrapResolverError } from '@apollo/server/errors';
import type { ValidationError } from 'class-validator';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { ArgumentValidationError, type MiddlewareFn } from 'type-graphql';
import { newUid } from '../../schema/ids.ts';
import { CartwrightError, isForCallers, maskedText, RequestError } from '../app/errors.ts';
import type { GraphQLContext } from './context.ts';
import { OperationTimedOut } from './deadline.ts';
import type { UserError } from './user-error.ts';
import { withoutValues } from './without-values.ts';

/** Around every resolver: the operation's deadline holds, and a mutation's expected failures become user errors. */
export const expectedFailures: MiddlewareFn<GraphQLContext> = async ({ context, info }, next): Promise<unknown> => {
  const isMutation = info.parentType.name === 'Mutation';
  try {
    const result: unknown = await (context.deadline === null ? next() : context.deadline.within(next()));
    return isMutation ? { ...(result as object), userErrors: [] } : result;
  } catch (error) {
    const known = error instanceof ArgumentValidationError ? invalid(error) : error;
    if (!isMutation || !isCorrectable(known)) throw known;
    const userError: UserError = { code: known.code, message: known.message, field: known.field ?? null };
    return { userErrors: [userError] };
  }
};

function isCorrectable(error: unknown): error is CartwrightError {
  return isForCallers(error) && error.code !== 'UNAUTHENTICATED' && error.code !== 'FORBIDDEN';
}

/** The first argument or field that is out of its bounds, with the path to it. */
export function invalid(error: ArgumentValidationError): RequestError {
  const path: string[] = [];
  let at: ValidationError | undefined = error.extensions.validationErrors[0];
  let message = 'invalid';
  while (at !== undefined) {
    path.push(at.property);
    message = Object.values(at.constraints ?? {})[0] ?? message;
    at = at.children?.[0];
  }
  return new RequestError('INVALID', message, { cause: error, field: path.join('.') });
}

/** Codes of errors that come from parsing, validating and coercing what the caller sent. */
const CALLERS_FAULT = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'OPERATION_TOO_LARGE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'RATE_LIMITED',
]);

/**
 * An error as it is sent. `formatted` is its plain form, with the code that the server gave it, if any.
 * Masked errors are logged with their cause; their `extensions.correlationId` is in the log entry, too.
 */
export function presentError(formatted: GraphQLFormattedError, error: unknown, logger: Logger): GraphQLFormattedError {
  const { message, locations, path } = formatted;
  const where = { ...(locations && { locations }), ...(path && { path }) };
  const cause = rootCause(error);
  if (isForCallers(cause) || cause instanceof OperationTimedOut) {
    const field = cause.field === undefined ? {} : { field: cause.field };
    return { message: cause.message, ...where, extensions: { code: cause.code, ...field } };
  }
  const code = callersFault(formatted, cause);
  // Says beside its code how long to wait.
  if (code === 'RATE_LIMITED') return { message, ...where, extensions: { ...formatted.extensions } };
  if (code !== undefined) return { message: withoutValues(message), ...where, extensions: { code } };
  const correlationId = newUid();
  logger.error({ err: cause, path, correlationId }, 'an operation failed unexpectedly');
  const known = cause instanceof CartwrightError ? cause.code : undefined;
  return {
    message: maskedText(known, correlationId),
    ...where,
    extensions: { code: known ?? 'INTERNAL', correlationId },
  };
}

/** The code of an error in what the caller sent; `undefined` for a failure of ours. */
function callersFault({ message, path, extensions }: GraphQLFormattedError, cause: unknown): string | undefined {
  if (!(cause instanceof GraphQLError)) return undefined;
  if (path !== undefined) {
    // Execution found it. Only an argument whose variable has no value is found that late; the rest is ours.
    return message.startsWith('Argument "') ? 'BAD_USER_INPUT' : undefined;
  }
  const code = extensions?.code;
  // Variables that do not fit have a code only where Apollo Server gave them one.
  if (code === undefined) return 'BAD_USER_INPUT';
  return typeof code === 'string' && CALLERS_FAULT.has(code) ? code : undefined;
}

/** What was thrown, under the wrapping that execution puts around it. */
function rootCause(error: unknown): unknown {
  let cause = unwrapResolverError(error);
  while (cause instanceof GraphQLError && cause.originalError instanceof Error) cause = cause.originalError;
  return cause;
}
