/** Arguments made from the schema itself: something of the right type for everything that is required. */
import {
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLInputType,
} from 'graphql';

/** `named`: what fields of that name are given, whether or not they are required. */
export function anyInput(given: GraphQLInputType, named: Readonly<Record<string, unknown>> = {}): unknown {
  const type = isNonNullType(given) ? getNullableType(given) : given;
  if (isListType(type)) return [anyInput(type.ofType, named)];
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).flatMap((field): [string, unknown][] => {
      if (Object.hasOwn(named, field.name)) return [[field.name, named[field.name]]];
      return isRequiredInputField(field) ? [[field.name, anyInput(field.type, named)]] : [];
    });
    return Object.fromEntries(fields);
  }
  return { Int: 1, Float: 1, SafeInt: 1, Boolean: true, DateTime: '2026-03-01T12:00:00Z' }[String(type)] ?? 'x';
}
