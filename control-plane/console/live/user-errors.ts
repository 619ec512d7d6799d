/** Mutations say what the caller can put right as data; here it becomes a {@link Refused}. */
import { Refused } from './refused.ts';

interface Answered {
  readonly userErrors: readonly { readonly code: string; readonly message: string; readonly field: string | null }[];
}

/** @returns the payload when the mutation was carried out; throws {@link Refused} with all messages otherwise */
export function carriedOut<Payload extends Answered>(payload: Payload): Payload {
  const [first] = payload.userErrors;
  if (first === undefined) return payload;
  throw new Refused(first.code, payload.userErrors.map(({ message }) => message).join('; '), first.field);
}
