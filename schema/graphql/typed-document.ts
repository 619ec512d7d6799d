/**
 * A GraphQL document as text that knows the type of its answer and of its variables. Text, so that no client needs a GraphQL library to
 * send it; the documents themselves are generated from the operations of each client.
 */
export type TypedDocument<Result, Variables> = string & {
  /** Never present; carries the types. */
  readonly __types?: { readonly result: Result; readonly variables: Variables };
};
