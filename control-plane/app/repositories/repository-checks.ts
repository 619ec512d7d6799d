/** Looks at repositories that nobody has deployed yet. Each look starts programs and asks a stranger's server: few run at once. */
import { isOperator, tenantOf, tenantOfApplication } from '../access.ts';
import { FOLDER_REFUSAL, gitOf, isFolder } from '../apply/check-source.ts';
import { openCredential } from '../credentials/credentials.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import { RequestError, SecretError, SourceError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { RepositoryLook, SourceFetcher } from '../ports/artifacts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import { RateLimiter, refusalText } from '../rate-limiter.ts';
import type { RepositoryCheck, RepositoryQueries, RepositoryQuestion } from './use-cases.ts';

/** Of a token. Somebody who types stops often for a while, and each time those before may still be ending. */
const EACH = { requestsPerSecond: 1, burst: 20, concurrent: 4, subscriptions: 0 };
/** Of a tenant, with all its tokens, and of the platform. */
const TENANT_AT_ONCE = 4;
const ALL_AT_ONCE = 16;

export interface RepositoryChecksOptions {
  readonly store: Pick<Store, 'credentials'>;
  readonly vault: Pick<Vault, 'open'>;
  readonly fleet: Pick<Fleet, 'application'>;
  readonly fetcher: Pick<SourceFetcher, 'look'>;
  readonly disk: Pick<DiskWatch, 'check'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

interface Running {
  readonly question: string;
  readonly tenant: string;
  /** Aborted when another question takes its place. */
  readonly replaced: AbortController;
  readonly answer: Promise<RepositoryCheck>;
}

export class RepositoryChecks implements RepositoryQueries {
  readonly #options: RepositoryChecksOptions;
  readonly #rates: RateLimiter;
  /** By token: what was asked last. */
  readonly #last = new Map<string, Running>();

  constructor(options: RepositoryChecksOptions) {
    this.#options = options;
    this.#rates = new RateLimiter(EACH, () => options.clock.monotonic());
  }

  async checkRepository(principal: Principal, question: RepositoryQuestion): Promise<RepositoryCheck> {
    const { application } = question;
    const tenant =
      application === undefined
        ? tenantOf(principal, question.tenant, 'deployer')
        : tenantOfApplication(principal, question.tenant, application, 'deployer');
    const asked = JSON.stringify({ ...question, tenant });
    const before = this.#last.get(principal.token);
    if (before?.question === asked) return before.answer;
    const release = this.#admit(principal, tenant);
    before?.replaced.abort();
    const replaced = new AbortController();
    const answer = (async () => {
      // Its processes have ended then.
      await Promise.allSettled([before?.answer]);
      if (replaced.signal.aborted) throw isReplaced();
      return this.#check(principal, { ...question, tenant }, replaced.signal);
    })();
    const running = { question: asked, tenant, replaced, answer };
    this.#last.set(principal.token, running);
    try {
      return await answer;
    } finally {
      release();
      if (this.#last.get(principal.token) === running) this.#last.delete(principal.token);
    }
  }

  /** Throws `RequestError` RATE_LIMITED; otherwise answers what is to be called when it is over. */
  #admit({ token }: Principal, tenant: string): () => void {
    const admission = this.#rates.request(token);
    if (!admission.ok) throw new RequestError('RATE_LIMITED', refusalText(admission));
    const others = [...this.#last].filter(([other]) => other !== token).map(([, running]) => running);
    const isFull = others.length >= ALL_AT_ONCE;
    if (!isFull && others.filter((other) => other.tenant === tenant).length < TENANT_AT_ONCE) return admission.release;
    admission.release();
    const whose = isFull ? 'the platform' : `the tenant ${tenant}`;
    throw new RequestError('RATE_LIMITED', `${whose} looks at too many repositories already; ask again in a moment`);
  }

  async #check(
    principal: Principal,
    question: RepositoryQuestion & { readonly tenant: string },
    signal: AbortSignal,
  ): Promise<RepositoryCheck> {
    const { tenant, url, branch, tag, commit, credentials } = question;
    if (isFolder(url) && !this.#mayLookInto(principal, question))
      return { look: null, problem: { code: 'INVALID', message: FOLDER_REFUSAL, field: 'url' } };
    await this.#options.disk.check();
    const { store, vault, fetcher } = this.#options;
    let field: 'url' | 'credentials' = 'credentials';
    try {
      const credential =
        credentials === undefined ? undefined : await openCredential(store, vault, tenant, credentials);
      field = 'url';
      const source = {
        ...{ tenant, url },
        ...(credential === undefined ? {} : { credential }),
        ...(branch === undefined ? {} : { branch }),
        ...(tag === undefined ? {} : { tag }),
        ...(commit === undefined ? {} : { commit }),
      };
      return withProblem(await fetcher.look(source, signal), question);
    } catch (error) {
      if (signal.aborted) throw isReplaced();
      if (!(error instanceof SourceError || error instanceof SecretError)) throw error;
      const { code, message } = error;
      return { look: null, problem: { code, message, field: OF_CREDENTIALS.has(code) ? 'credentials' : field } };
    }
  }

  /** Operators everywhere, others where the component has its source already: it is deployed from there as it is. */
  #mayLookInto(principal: Principal, { tenant, url, credentials, application, alias }: RepositoryQuestion): boolean {
    if (isOperator(principal)) return true;
    if (application === undefined || alias === undefined) return false;
    const present = gitOf(this.#options.fleet.application(tenant ?? '', application), alias);
    return present?.url === url && present.credentials === credentials;
  }
}

/** What another credential would put right. */
const OF_CREDENTIALS: ReadonlySet<string> = new Set([
  'GIT_CREDENTIALS_MISSING',
  'GIT_CREDENTIALS_REFUSED',
  'GIT_HOST_KEY_UNKNOWN',
]);

function withProblem(look: RepositoryLook, { tag, commit }: RepositoryQuestion): RepositoryCheck {
  if (look.found.kind !== 'none') return { look, problem: null };
  const { code, message } = look.found.error;
  // Without any the default branch is meant, and naming another branch puts it right.
  const field = commit !== undefined ? 'commit' : tag !== undefined ? 'tag' : 'branch';
  return { look, problem: { code, message, field } };
}

function isReplaced(): RequestError {
  return new RequestError(
    'CHECK_REPLACED',
    'this token asked about another repository meanwhile; only that is answered',
  );
}
