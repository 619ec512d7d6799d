/** Patterns of event types, as notices name them. */
import { nearest, suggestion } from '../../../schema/manifests/suggest.ts';
import { EVENT_TYPES } from '../events/types.ts';

const PATTERN = /^(?:\*|[a-z][a-z-]{0,39}(?:\.[a-z][a-z-]{0,39}){0,3}(?:\.\*)?)$/;

/** `*`, a type (`rollout.returned`), or the beginning of some (`instance.*`). */
export function isTypePattern(text: string): boolean {
  return PATTERN.test(text);
}

export function matchesType(patterns: readonly string[], type: string): boolean {
  return patterns.some(
    (pattern) =>
      pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))),
  );
}

const NOUNS = [...new Set(EVENT_TYPES.map((type) => `${nounOf(type)}.*`))];

/** What to do about a pattern that no event ever fits, to be put behind a sentence; `undefined` for one that some do. */
export function unknownType(pattern: string): string | undefined {
  if (EVENT_TYPES.some((type) => matchesType([pattern], type))) return undefined;
  const near = nearest(pattern, [...EVENT_TYPES, ...NOUNS]);
  if (near !== undefined) return `; did you mean "${near}"?`;
  const akin = EVENT_TYPES.filter((type) => nounOf(type) === nounOf(pattern));
  return suggestion(pattern, akin.length > 0 ? akin : NOUNS);
}

function nounOf(type: string): string {
  return type.split('.', 1)[0]!;
}
