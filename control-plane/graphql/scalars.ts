/** Scalars beyond GraphQL's own, each with the one meaning that it has in this API. */
import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTime, GraphQLJSON, GraphQLSafeInt } from 'graphql-scalars';

/** Times; the records' milliseconds since the epoch are serialised to text. Throws for what is no time. */
export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTime.toConfig(),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => new Date(value as number).toISOString(),
  description:
    'A point in time by the control plane’s clock: RFC 3339 text in UTC with milliseconds, such as "2026-03-01T12:00:00.250Z".',
});

/** Whole numbers that outgrow 32 bits: bytes, sequences. */
export const SafeInt = new GraphQLScalarType({
  ...GraphQLSafeInt.toConfig(),
  name: 'SafeInt',
  description: 'A whole number between −(2^53 − 1) and 2^53 − 1, as a JSON number. Used where 32 bits are too few.',
});

/** Documents whose shape is described elsewhere: manifests, decision inputs, data of events. */
export const Json = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  name: 'JSON',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  description: 'Any JSON value. The field that has this type says what it holds.',
});
