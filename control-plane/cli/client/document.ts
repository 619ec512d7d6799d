/** What the generated documents answer. */
import type { TypedDocument } from '../../../schema/graphql/typed-document.ts';

/** The answer of a document. */
export type ResultOf<Document extends TypedDocument<unknown, unknown>> = NonNullable<Document['__types']>['result'];

/** A member of a union without the name of its type, which is asked for only to tell the members apart. */
export function withoutTypename<T extends { readonly __typename: string }>(member: T): Omit<T, '__typename'> {
  const copy: Partial<Record<keyof T, unknown>> = { ...member };
  delete copy.__typename;
  return copy as Omit<T, '__typename'>;
}
