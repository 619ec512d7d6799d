/** GraphQL documents as text that know the types of their answers and variables; generated from control-plane/console/operations/. */
export type TypedDocument<Result, Variables> = string & {
  /** Never present; carries the types. */
  readonly __types?: { readonly result: Result; readonly variables: Variables };
};
