/** The end of a tenant that is being deleted: when its last application is gone, all that is recorded of it goes. */
import { onItsOwn } from '../audit/scope.ts';
import type { Logger } from 'pino';
import type { EventRecorder } from '../events.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

const RETRY_MILLISECONDS = 10_000;

export interface TenantRemovalOptions {
  readonly store: Pick<Store, 'tenants' | 'forgetTenant'>;
  readonly fleet: Fleet;
  readonly events: EventRecorder;
  readonly exclusively: <T>(tenants: Iterable<string>, work: () => Promise<T>) => Promise<T>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class TenantRemoval {
  readonly #options: TenantRemovalOptions;
  readonly #looking = new Set<Promise<void>>();
  readonly #retries = new Map<string, Timer>();
  #isClosed = false;

  constructor(options: TenantRemovalOptions) {
    this.#options = options;
  }

  /** Looks at every tenant that is being deleted: a crash may have come between its last application's end and its own. */
  async resume(): Promise<void> {
    for (const { name, deletingSince } of await this.#options.store.tenants.find({}))
      if (deletingSince !== null) this.look(name);
  }

  /** To be called whenever an application is gone. Does nothing for a tenant that is not being deleted, or not empty yet. */
  look(name: string): void {
    if (this.#isClosed) return;
    const looking = onItsOwn(() => this.#look(name))
      .catch((error: unknown) => this.#again(name, error))
      .finally(() => this.#looking.delete(looking));
    this.#looking.add(looking);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#retries.values()) timer.cancel();
    await Promise.all(this.#looking);
  }

  async #look(name: string): Promise<void> {
    const { store, fleet, events, exclusively } = this.#options;
    await exclusively([name], async () => {
      const [tenant] = await store.tenants.find({ name });
      if (tenant === undefined || tenant.deletingSince === null) return;
      if ([...fleet.applications.values()].some((application) => application.tenant === name)) return;
      await store.forgetTenant(name);
      // The platform's: who gets the name later is not told of its namesake.
      const deleted = {
        tenant: null,
        subject: { kind: 'Tenant', uid: tenant.uid, name },
        type: 'tenant.deleted',
      } as const;
      await events.change((tx) => tx.tenants.delete(tenant.uid), deleted);
    });
  }

  #again(name: string, error: unknown): void {
    const { clock, logger } = this.#options;
    logger.error({ tenant: name, error }, 'a tenant could not be removed; it is tried again');
    if (this.#isClosed) return;
    this.#retries.get(name)?.cancel();
    this.#retries.set(
      name,
      clock.setTimeout(() => this.look(name), RETRY_MILLISECONDS),
    );
  }
}
