/** How manifests are refused: with all that is wrong, each at its place. */
import { formatManifestError, type ManifestError, type Problem } from '../../../schema/manifests/problem.ts';
import { RequestError } from '../errors.ts';

export interface LocatedProblem {
  /** Of the document in its file. */
  readonly index: number;
  readonly problem: Problem;
  /** Where the request has another code than INVALID when nothing else is wrong. */
  readonly code?: string;
}

/** That of the sources where nothing else is wrong and all of them say the same. */
export function codeOf(problems: readonly LocatedProblem[]): string {
  const codes = new Set(problems.map(({ code = 'INVALID' }) => code));
  const [only = 'INVALID'] = codes;
  return codes.size === 1 ? only : 'INVALID';
}

/** Throws with every error, each on a line of its own. */
export function refuse(errors: readonly ManifestError[], code: string): void {
  if (errors.length === 0) return;
  throw new RequestError(code, errors.map(formatManifestError).join('\n'), { field: errors[0]!.field });
}
