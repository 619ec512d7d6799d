/** What a `.dockerignore` leaves out of a context. */
import ignore from 'ignore';

/**
 * Whether a path (relative, with slashes) is left out. The patterns are those of a `.dockerignore`: unlike those of a `.gitignore`
 * each holds from the root of the context, wherever it has its slashes, and an exception brings back also what lies in a folder
 * that is left out. The last one that matches decides.
 */
export function ignoreRules(text: string): (path: string) => boolean {
  const rules = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const isException = line.startsWith('!');
      const pattern = (isException ? line.slice(1).trim() : line).replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
      return { isException, matcher: ignore().add(`/${pattern}`) };
    });
  return (path) => rules.findLast(({ matcher }) => matcher.ignores(path))?.isException === false;
}
