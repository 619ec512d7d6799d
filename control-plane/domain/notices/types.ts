/** Patterns of event types, as notices name them. */

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
