/**
 * Blocks applications whose runtime is not on the machine any more, so that nothing is started in vain; and tries blocked ones
 * again: what kept them from being planned may have come back.
 */
import type { Logger } from 'pino';
import { RequestError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Clock } from '../ports/clock.ts';
import { TimedLook } from '../timed-look.ts';
import type { ClusterKeeper } from './cluster-keeper.ts';
import { isBlocking } from './stored-manifest.ts';

const LOOK_EVERY_MILLISECONDS = 5000;

export interface BlockadesOptions {
  readonly fleet: Fleet;
  readonly keeper: Pick<ClusterKeeper, 'exclusively' | 'keep' | 'block' | 'unusable'>;
  /** Takes cartridges that have come (back) into the store. */
  readonly refreshCartridges: () => Promise<void>;
  readonly clock: Pick<Clock, 'setInterval'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

export class Blockades {
  readonly #options: BlockadesOptions;
  readonly #looks: TimedLook;

  constructor(options: BlockadesOptions) {
    this.#options = options;
    this.#looks = new TimedLook({
      everyMilliseconds: LOOK_EVERY_MILLISECONDS,
      clock: options.clock,
      look: () => this.#look(),
      onFailure: (error) =>
        options.logger.warn({ error: error.message }, 'blocked applications could not be looked at'),
    });
  }

  start(): void {
    this.#looks.start();
  }

  close(): Promise<void> {
    return this.#looks.close();
  }

  /** One look at a time. Never rejects. */
  look(): Promise<void> {
    return this.#looks.now();
  }

  async #look(): Promise<void> {
    const { fleet, logger } = this.#options;
    const isAnyBlocked = fleet.blocked.size > 0;
    await this.#blockUnusable().catch((error: unknown) =>
      logger.warn({ error: (error as Error).message }, 'it could not be seen what the machine has for its cartridges'),
    );
    if (isAnyBlocked) await this.#tryAgain();
  }

  async #blockUnusable(): Promise<void> {
    const { fleet, keeper, logger } = this.#options;
    const clusters = [...fleet.clusters()].filter(({ record }) => record.deletingSince === null);
    const unusable = await keeper.unusable(clusters.map(({ record }) => record.cartridge));
    if (unusable.size === 0) return;
    for (const cluster of clusters) {
      const why = unusable.get(cluster.record.cartridge);
      const application = fleet.applications.get(cluster.record.applicationUid);
      if (why === undefined || application === undefined || fleet.isBlocked(cluster)) continue;
      keeper.block(application, new RequestError('CARTRIDGE_UNUSABLE', why));
      logger.warn({ application: application.name, tenant: application.tenant, why }, 'an application is blocked');
    }
  }

  async #tryAgain(): Promise<void> {
    const { fleet, keeper, logger, refreshCartridges } = this.#options;
    await refreshCartridges().catch((error: unknown) =>
      logger.warn({ error: (error as Error).message }, 'the cartridges could not be read again'),
    );
    for (const uid of [...fleet.blocked.keys()]) {
      const application = fleet.applications.get(uid);
      if (application === undefined) continue;
      const { name, tenant } = application;
      try {
        await keeper.exclusively([tenant], async () => {
          const present = fleet.applications.get(uid);
          if (present !== undefined && fleet.blocked.has(uid)) await keeper.keep(present);
        });
        logger.info({ application: name, tenant }, 'an application is not blocked any more');
      } catch (error) {
        if (!isBlocking(error))
          logger.warn({ application: name, tenant, error }, 'a blocked application could not be tried again');
      }
    }
  }
}
