/**
 * A GraphQL document as text that knows the type of its answer and of its variables. Text, so that the program needs no
 * GraphQL library to send it; the documents themselves are generated from control-plane/cli/operations/.
 */
export type TypedDocument<Result, Variables> = string & {
  /** Never present; carries the types. */
  readonly __types?: { readonly result: Result; readonly variables: Variables };
};

/** The answer of a document. */
export type ResultOf<Document extends TypedDocument<unknown, unknown>> = NonNullable<Document['__types']>['result'];

/** A member of a union without the name of its type, which is asked for only to tell the members apart. */
export function withoutTypename<T extends { readonly __typename: string }>(member: T): Omit<T, '__typename'> {
  const copy: Partial<Record<keyof T, unknown>> = { ...member };
  delete copy.__typename;
  return copy as Omit<T, '__typename'>;
}
