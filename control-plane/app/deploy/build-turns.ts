/** Whose turn it is to build: so many of a tenant at once, so many in all; who waits too long a queue is told so. */
import pLimit, { type LimitFunction } from 'p-limit';
import { quotaExceeded } from '../tenants/quotas.ts';

/** Builds at once on this machine. */
const AT_ONCE = 2;
/** Builds of one tenant that may wait. */
const MOST_WAITING = 20;

export class BuildTurns {
  readonly #all = pLimit(AT_ONCE);
  readonly #tenants = new Map<string, LimitFunction>();
  readonly #counts = new Map<string, number>();
  readonly #atOnce: (tenant: string) => Promise<number>;

  /** `atOnce`: builds that a tenant may run at once. */
  constructor(atOnce: (tenant: string) => Promise<number>) {
    this.#atOnce = atOnce;
  }

  /** Throws QUOTA_EXCEEDED when too many of a tenant's builds wait already. */
  async check(tenant: string): Promise<void> {
    const atOnce = await this.#atOnce(tenant);
    const count = this.#counts.get(tenant) ?? 0;
    if (count < atOnce + MOST_WAITING) return;
    throw quotaExceeded(
      tenant,
      `${count} builds are running or waiting, of which ${atOnce} may run at once and ${MOST_WAITING} wait`,
      atOnce + MOST_WAITING,
    );
  }

  /** Counts a build from now on; the function gives its place back. */
  enter(tenant: string): () => void {
    this.#counts.set(tenant, (this.#counts.get(tenant) ?? 0) + 1);
    return () => {
      const left = (this.#counts.get(tenant) ?? 1) - 1;
      if (left > 0) this.#counts.set(tenant, left);
      else {
        this.#counts.delete(tenant);
        this.#tenants.delete(tenant);
      }
    };
  }

  /** Runs `work` when it is the tenant's turn and there is room. One tenant's queue holds nobody else up. */
  async run(tenant: string, work: () => Promise<void>): Promise<void> {
    const atOnce = Math.max(1, await this.#atOnce(tenant));
    const limit = this.#tenants.get(tenant) ?? pLimit(atOnce);
    limit.concurrency = atOnce;
    this.#tenants.set(tenant, limit);
    await limit(() => this.#all(work));
  }
}
