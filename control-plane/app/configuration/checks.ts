/** What variables and secrets may be called and hold. The messages name them and never hold a value. */
import { variableName } from '../../../schema/manifests/variable.ts';
import { RequestError } from '../errors.ts';

/** No variable and no file of text can hold these: U+0000, and halves of surrogate pairs without their other half. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** Throws `RequestError` INVALID. */
export function checkName(name: string, field: string): void {
  const { error } = variableName.safeParse(name);
  if (error === undefined) return;
  throw new RequestError('INVALID', `${JSON.stringify(name.slice(0, 140))}: ${error.issues[0]?.message ?? 'invalid'}`, {
    field,
  });
}

/** Throws `RequestError` INVALID. `longest` in characters. */
export function checkText(what: string, text: string, longest: number, field: string): void {
  const problem =
    text.length > longest
      ? `has ${text.length} characters; at most ${longest} are possible`
      : UNSTORABLE.test(text)
        ? 'holds U+0000 or half a surrogate pair, which no variable and no file of text can'
        : undefined;
  if (problem !== undefined) throw new RequestError('INVALID', `${what} ${problem}`, { field });
}

/** Throws `RequestError` INVALID when one is named twice. */
export function checkOnce(names: readonly string[], field: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new RequestError('INVALID', `${JSON.stringify(twice.slice(0, 140))} is named twice`, { field });
  if (names.length === 0) throw new RequestError('INVALID', 'name at least one variable', { field });
}
