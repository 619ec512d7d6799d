/** Says zod's issues in the words of someone who wrote a manifest: what was expected, what was found, what to do. */
import type { z } from 'zod';
import { knownFields } from './json-schema.ts';
import type { ManifestKind } from './kinds.ts';
import { describeFound, shorten, type FieldPath, type ManifestErrorCode, type Problem } from './problem.ts';
import { suggestion } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** The document that the issues are about. */
export interface Explained {
  readonly kind: ManifestKind;
  readonly value: unknown;
  /** A scalar as it is written in the file (`1.0`, not 1), if there is one at the path. */
  readonly written: (path: FieldPath) => string | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with fields',
  record: 'an object with fields',
};

function valueAt(value: unknown, path: FieldPath): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** Every problem that an issue stands for, in the order of the issue's own list. */
export function explain(issue: Issue, document: Explained, prefix: FieldPath = []): Problem[] {
  const path = [...prefix, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, 100).map((key) => unknownField(key, path, document));
  if (issue.code === 'invalid_union') return explainUnion(issue, path, document);
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'expected another name';
    return [{ code: 'MANIFEST_INVALID', path, at: 'key', message: `${own(why) ?? why}, as the name of a field` }];
  }
  const value = valueAt(document.value, path);
  if (issue.code === 'invalid_type' && value === undefined) {
    const expected = TYPES[issue.expected] ?? issue.expected;
    return [{ code: 'MANIFEST_MISSING_FIELD', path, at: 'value', message: `is missing: expected ${expected}` }];
  }
  return [
    problem(path, `${expectation(issue)}, found ${describeFound(value)}${hint(issue, path, value, document)}`, issue),
  ];
}

function problem(path: FieldPath, message: string, issue: Issue): Problem {
  const unsupported = issue.message.endsWith('not supported yet');
  const code: ManifestErrorCode = unsupported ? 'MANIFEST_NOT_SUPPORTED' : 'MANIFEST_INVALID';
  // A refusal or a rule over several fields says all there is to say.
  const whole = unsupported || issue.code === 'custom';
  return { code, path, at: 'value', message: whole ? issue.message : message };
}

function unknownField(key: string, path: FieldPath, { kind }: Explained): Problem {
  const known = knownFields(kind, path);
  const message = `unknown field ${shorten(key)}${suggestion(key, known)}`;
  return { code: 'MANIFEST_UNKNOWN_FIELD', path: [...path, key], at: 'key', message };
}

type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/** Of a choice, speaks about the one alternative that fits the value's type; else names all of them. */
function explainUnion(issue: UnionIssue, path: FieldPath, document: Explained): Problem[] {
  const value = valueAt(document.value, path);
  if ('options' in issue && Array.isArray(issue.options) && issue.errors.length === 0) {
    const options = issue.options.map(String);
    if (value === undefined) {
      const message = `is missing: expected ${oneOf(options)}`;
      return [{ code: 'MANIFEST_MISSING_FIELD', path, at: 'value', message }];
    }
    return [
      problem(path, `expected ${oneOf(options)}, found ${describeFound(value)}${didYouMean(value, options)}`, issue),
    ];
  }
  const fitting = issue.errors.filter(
    (errors) => !errors.some((error) => error.code === 'invalid_type' && error.path.length === 0),
  );
  if (fitting.length > 0) return fitting[0]!.flatMap((error) => explain(error, document, path));
  const given = own(issue.message);
  if (given !== undefined) return [problem(path, `${given}, found ${describeFound(value)}`, issue)];
  const wanted = issue.errors.map(
    (errors) => errors.map(expectation)[0]?.replace(/^expected /, '') ?? 'something else',
  );
  return [problem(path, `expected ${[...new Set(wanted)].join(' or ')}, found ${describeFound(value)}`, issue)];
}

/** The message if it is one of ours and not one of zod's. */
function own(message: string): string | undefined {
  return /^(Invalid|Too |Unrecognized)/.test(message) ? undefined : message;
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? shorten(String(values[0])) : `one of ${values.map(String).join(', ')}`;
}

function expectation(issue: Issue): string {
  const given = own(issue.message);
  if (given !== undefined) return given;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values)}`;
    case 'too_small':
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${amount(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${amount(issue.maximum, issue.origin)}`;
    case 'invalid_format':
      if (issue.format === 'starts_with' && 'prefix' in issue)
        return `expected a text that begins with "${issue.prefix as string}"`;
      return `expected a text of the form ${issue.pattern ?? issue.format}`;
    default:
      return `expected a valid value (${issue.message})`;
  }
}

function amount(limit: number | bigint, origin: string): string {
  const units: Readonly<Record<string, string>> = { string: ' character', array: ' item', record: ' field' };
  const unit = units[origin];
  return `${limit}${unit === undefined ? '' : `${unit}${limit === 1 ? '' : 's'}`}`;
}

function didYouMean(value: unknown, candidates: readonly string[]): string {
  const text = typeof value === 'string' ? suggestion(value, candidates) : '';
  return text.startsWith('; did') ? text : '';
}

function hint(issue: Issue, path: FieldPath, value: unknown, document: Explained): string {
  if (issue.code === 'invalid_value') return didYouMean(value, issue.values.map(String));
  const isBare = typeof value === 'number' || typeof value === 'boolean';
  if (issue.code === 'invalid_type' && issue.expected === 'string' && isBare)
    return `; put it in quotes: ${shorten(document.written(path) ?? String(value))}`;
  return '';
}
