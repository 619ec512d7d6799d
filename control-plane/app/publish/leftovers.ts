/**
 * What a broker still retains of service clusters that went while it was away. Their end does not wait for it: what is to be
 * cleared is noted with their removal, and cleared when the broker is back, also by a control plane that comes after this one.
 * (What agents retained is cleared when it is heard: see `strays.ts`.)
 */
import type { Logger } from 'pino';
import { clusterTopic, type ClusterKey } from '../../../schema/mqtt/topics.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Messaging } from '../ports/messaging.ts';
import type { Repositories, Store } from '../ports/store.ts';
import type { ClusterRecord } from '../records/clusters.ts';

const NOTE = 'retained-of:';
/** For a broker that was connected and did not confirm; a connect is not waited for. */
const TRY_AGAIN_MILLISECONDS = 30_000;

export interface LeftoversOptions {
  readonly store: Pick<Store, 'settings'>;
  readonly messaging: Pick<Messaging, 'isConnected' | 'clear'>;
  readonly fleet: Pick<Fleet, 'clusterByKey'>;
  /** Rejects when another control plane has taken over: what is there is that one's to know. */
  readonly assertHolder: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Leftovers {
  readonly #options: LeftoversOptions;
  #clearing: Promise<void> | null = null;
  /** Asked for while it was under way. */
  #isAskedAgain = false;
  #timer: Timer | null = null;

  constructor(options: LeftoversOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= this.#options.clock.setInterval(() => this.clear(), TRY_AGAIN_MILLISECONDS);
  }

  /** To be stored together with the removal of the service cluster. */
  async note(
    tx: Pick<Repositories, 'settings'>,
    { uid, tenant, application, alias }: Pick<ClusterRecord, 'uid' | 'tenant' | 'application' | 'alias'>,
  ): Promise<void> {
    await tx.settings.save({ uid: `${NOTE}${uid}`, value: { tenant, application, alias } });
  }

  /** Begins to clear what is noted, if the broker is there. What fails is tried again. */
  clear(): void {
    if (!this.#options.messaging.isConnected) return;
    this.#isAskedAgain = this.#clearing !== null;
    this.#clearing ??= this.#clear()
      .catch((error: unknown) =>
        this.#options.logger.info(
          { error: (error as Error).message },
          'what is retained of deleted service clusters was not cleared; it is tried again',
        ),
      )
      .finally(() => {
        this.#clearing = null;
        if (this.#isAskedAgain) this.clear();
      });
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#isAskedAgain = false;
    await this.#clearing;
  }

  async #clear(): Promise<void> {
    const { store, messaging, fleet, assertHolder } = this.#options;
    const noted = (await store.settings.find({})).filter(({ uid }) => uid.startsWith(NOTE));
    for (const { uid, value } of noted) {
      const key = value as ClusterKey;
      await assertHolder();
      for (const leaf of ['desired', 'topology'] as const)
        // One of the same name is there again: what is retained is its own, or will be in a moment.
        if (fleet.clusterByKey(key) === undefined) await messaging.clear(clusterTopic(key, leaf));
      await store.settings.delete(uid);
    }
  }
}
