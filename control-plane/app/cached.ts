/** Remembers answers for a while, for questions that are asked much more often than their answers change. */
export function cached<A extends string | number, T>(
  milliseconds: number,
  now: () => number,
  ask: (argument: A) => Promise<T>,
): (argument: A) => Promise<T> {
  const answers = new Map<A, { at: number; answer: Promise<T> }>();
  return (argument) => {
    const known = answers.get(argument);
    if (known !== undefined && now() - known.at < milliseconds) return known.answer;
    const answer = ask(argument);
    answers.set(argument, { at: now(), answer });
    // A failure is told to those who wait for it and not remembered.
    answer.catch(() => answers.delete(argument));
    return answer;
  };
}
