/**
 * Errors about values that do not fit, without the values. GraphQL's own messages quote what the caller sent, whole objects with
 * their neighbours included, and a secret may be among it; an error is shown, logged and pasted into tickets.
 */

/** Reasons that name fields and types of the schema only, as they end the message of an unfitting variable. */
const REASONS = [
  /Field "\w{1,64}" of required type "[\w![\]]{1,64}" was not provided\.$/,
  /Field "\w{1,64}" is not defined by type "\w{1,64}"\.(?: Did you mean [\w", ]{1,200}\?)?$/,
  /Expected (?:non-nullable )?type "[\w![\]]{1,64}" (?:not to be null|to be an object)\.$/,
];
const UNFITTING_VARIABLE = /^(Variable "\$\w+") got invalid value /;
const PATH_AND_REASON = / at "([\w.[\]]{1,200})"; /g;

/** The message of an error in what the caller sent, as it may be shown. */
export function withoutValues(message: string): string {
  const variable = UNFITTING_VARIABLE.exec(message)?.[1];
  if (variable !== undefined) {
    const path = [...message.matchAll(PATH_AND_REASON)].at(-1)?.[1];
    const reason = REASONS.map((pattern) => pattern.exec(message)?.[0]).find((found) => found !== undefined);
    return `${variable} got an invalid value${path === undefined ? '' : ` at "${path}"`}: ${reason ?? 'it does not fit its type.'}`;
  }
  return message
    .replace(/^(Syntax Error: .*?\b(?:String|BlockString)) "[^]*$/, '$1.')
    .replace(/^(Expected value of type "[\w![\]]+"), found [^]*$/, '$1, found something else.')
    .replace(/( cannot represent (?:a )?[a-z0-9 -]+ value): [^]*$/, '$1.');
}
