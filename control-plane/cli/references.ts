/** Things as `-o name` prints them and commands take them: `kind/name`. */
import { usage } from './exit.ts';

export interface Named {
  /** The word before the name, as it was typed. */
  readonly kind: string;
  readonly name: string;
}

/**
 * Of `KIND NAME…`, or of `KIND/NAME…` with a kind each. A name may have slashes itself: `cluster/shop/web`.
 * Throws a usage error for a mixture of both, and for a kind without a name.
 */
export function parseNamed(words: readonly string[]): readonly Named[] {
  const [first = '', ...rest] = words;
  if (!first.includes('/')) {
    if (rest.length === 0) throw usage(`say which: ${first} NAME, or ${first}/NAME`);
    return rest.map((name) => ({ kind: first, name }));
  }
  return words.map((word) => {
    const slash = word.indexOf('/');
    if (slash < 1 || slash === word.length - 1)
      throw usage(`expected KIND/NAME like the first, "${first}", or one KIND and then names; got "${word}"`);
    return { kind: word.slice(0, slash), name: word.slice(slash + 1) };
  });
}
