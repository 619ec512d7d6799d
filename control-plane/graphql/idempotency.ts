/** Mutations asked again with the same key. */
import { createHash } from 'node:crypto';
import { RequestError } from '../app/errors.ts';
import type { GraphQLContext } from './context.ts';

/**
 * Carries `work` out once per (caller, mutation, key) and answers the same again. The answer has to survive JSON.
 * Throws `RequestError` IDEMPOTENCY_KEY_REUSED when the key came with another input before.
 */
export async function once<T>(
  context: GraphQLContext,
  mutation: string,
  input: { readonly idempotencyKey?: string | null },
  work: () => Promise<T>,
): Promise<T> {
  const { idempotencyKey, ...rest } = input;
  if (idempotencyKey === null || idempotencyKey === undefined) return work();
  const asked = createHash('sha256').update(canonical(rest)).digest('hex');
  const question = { key: `${mutation}:${idempotencyKey}`, asked };
  const answer = await context.useCases.idempotent(context.principal, question, work);
  if (answer.asked !== asked) {
    throw new RequestError(
      'IDEMPOTENCY_KEY_REUSED',
      `the idempotency key ${JSON.stringify(idempotencyKey)} came with another input before; use a new key for a new request`,
      { field: 'idempotencyKey' },
    );
  }
  return answer.result;
}

/** JSON with sorted keys and without absent fields, so that equal inputs have equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    const entries = Object.entries(part).filter(([, field]) => field !== null && field !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
