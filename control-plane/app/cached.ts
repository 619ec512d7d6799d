/**
 * Remembers answers for a while, for questions that are asked much more often than their answers change. An answer that is older
 * is given once more while it is asked again: nobody waits for a database that is away, and what was true a moment ago serves.
 */
export function cached<A extends string | number, T>(
  milliseconds: number,
  now: () => number,
  ask: (argument: A) => Promise<T>,
): (argument: A) => Promise<T> {
  const answers = new Map<A, { at: number; answer: Promise<T> }>();
  const asking = new Set<A>();
  return (argument) => {
    const known = answers.get(argument);
    if (known === undefined) {
      const answer = ask(argument);
      answers.set(argument, { at: now(), answer });
      // A failure is told to those who wait for it and not remembered.
      answer.catch(() => answers.delete(argument));
      return answer;
    }
    if (now() - known.at >= milliseconds && !asking.has(argument)) {
      asking.add(argument);
      void ask(argument)
        .then((value) => answers.set(argument, { at: now(), answer: Promise.resolve(value) }))
        // The older answer stays, and the next question asks again.
        .catch(() => undefined)
        .finally(() => asking.delete(argument));
    }
    return known.answer;
  };
}
