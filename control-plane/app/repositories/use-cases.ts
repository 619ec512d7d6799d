/** What can be asked about a repository that is to be deployed. */
import type { Principal } from '../principal.ts';
import type { RepositoryLook } from '../ports/artifacts.ts';

export interface RepositoryQuestion {
  readonly tenant?: string | null;
  readonly url: string;
  /** At most one of these three; none: the default branch. */
  readonly branch?: string;
  readonly tag?: string;
  readonly commit?: string;
  /** Name of a credential of the tenant. */
  readonly credentials?: string;
  /** The component whose source it is to be, where there is one. */
  readonly application?: string;
  readonly alias?: string;
}

/** What a deploy would be refused with. */
interface RepositoryProblem {
  /** Stable, such as GIT_REF_NOT_FOUND. */
  readonly code: string;
  readonly message: string;
  /** What of the question it is about. */
  readonly field: 'url' | 'credentials' | 'branch' | 'tag' | 'commit';
}

export interface RepositoryCheck {
  readonly problem: RepositoryProblem | null;
  /** Null: it could not be read. */
  readonly look: RepositoryLook | null;
}

export interface RepositoryQueries {
  /**
   * Whether a repository could be deployed from, and what it has, by the rules of a deploy. Nothing is stored. One at a time for a
   * token: another question ends the one before, which is answered by `RequestError` CHECK_REPLACED. Throws `RequestError` FORBIDDEN,
   * INVALID, DISK_LOW, and RATE_LIMITED to who asks too much.
   */
  checkRepository(principal: Principal, question: RepositoryQuestion): Promise<RepositoryCheck>;
}
