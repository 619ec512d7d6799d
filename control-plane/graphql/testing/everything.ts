/** Queries made from the schema itself, so that a new field is tried by tests that were written before it. */
import {
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  type GraphQLField,
  type GraphQLNamedType,
} from 'graphql';

/** A selection of every field of a type, nested `depth` levels deep; fields that need an argument are left out. */
export function everythingOf(type: GraphQLNamedType, depth: number): string {
  if (isUnionType(type)) {
    const parts = type.getTypes().map((member) => `... on ${member.name} ${everythingOf(member, depth)}`);
    return `{ __typename ${parts.join(' ')} }`;
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return '';
  const fields = Object.values(type.getFields()).map((field) => selectionOf(field, depth));
  return `{ __typename ${fields.join(' ')} }`;
}

function selectionOf(field: GraphQLField<unknown, unknown>, depth: number): string {
  if (field.args.some(isRequiredArgument)) return '';
  const type = getNamedType(field.type);
  if (isLeafType(type)) return field.name;
  return depth <= 1 ? '' : `${field.name} ${everythingOf(type, depth - 1)}`;
}
