/**
 * The platform-wide freeze: while it lasts no autoscaling decision is acted on anywhere. Deciding and recording go on, numbers set
 * by hand are acted on, and what has died is replaced; roll-outs, which people ask for, go on as well. Stored, so it outlives the program.
 */
import type { Logger } from 'pino';
import type { EventType } from '../../domain/events/types.ts';
import { requireRole } from '../access.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder, Happening } from '../events.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { FreezeRecord } from '../records/clusters.ts';

const SETTING = 'freeze';
const LOOK_EVERY_MILLISECONDS = 1000;
const LONGEST_SECONDS = 31 * 24 * 3600;

export interface FreezeOptions {
  readonly store: Pick<Store, 'settings'>;
  readonly fleet: Pick<Fleet, 'clusters'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

export interface FreezeAsked {
  readonly reason: string;
  /** Until somebody ends it if absent. */
  readonly forSeconds?: number;
}

export class Freeze {
  readonly #options: FreezeOptions;
  #freeze: FreezeRecord | null = null;
  #timer: Timer | null = null;
  #ending: Promise<void> | null = null;

  constructor(options: FreezeOptions) {
    this.#options = options;
  }

  /** Null while the platform is not frozen. */
  current(): FreezeRecord | null {
    const freeze = this.#freeze;
    return freeze === null || isOver(freeze, this.#options.clock.now()) ? null : freeze;
  }

  /** As it was stored, when the control plane starts. */
  async restore(): Promise<void> {
    this.#freeze = ((await this.#options.store.settings.get(SETTING))?.value ?? null) as FreezeRecord | null;
  }

  start(): void {
    this.#timer ??= this.#options.clock.setInterval(() => this.#look(), LOOK_EVERY_MILLISECONDS);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#ending;
  }

  /** Takes the place of a freeze that there is. Throws `RequestError` FORBIDDEN, INVALID. */
  async begin(principal: Principal, { reason, forSeconds }: FreezeAsked): Promise<FreezeRecord> {
    requireRole(principal, 'operator');
    if (reason.trim() === '')
      throw new RequestError('INVALID', 'say why: the reason stands in every decision', { field: 'reason' });
    if (forSeconds !== undefined && !(forSeconds > 0 && forSeconds <= LONGEST_SECONDS))
      throw new RequestError('INVALID', `a freeze lasts from 1 s to ${LONGEST_SECONDS} s; got ${forSeconds}`, {
        field: 'forSeconds',
      });
    const since = this.#options.clock.now();
    const expiresAt = forSeconds === undefined ? null : since + forSeconds * 1000;
    const freeze: FreezeRecord = { reason, by: principal.name, since, expiresAt };
    await this.#options.events.change(
      async (tx) => {
        await tx.settings.save({ uid: SETTING, value: freeze });
        await tx.answer(freeze);
      },
      happening('platform.frozen', principal, { ...freeze }),
    );
    this.#take(freeze);
    return freeze;
  }

  /** Answers the freeze that was ended; null where there was none. Throws `RequestError` FORBIDDEN. */
  async end(principal: Principal): Promise<FreezeRecord | null> {
    requireRole(principal, 'operator');
    const ended = this.current();
    if (this.#freeze === null) return null;
    await this.#options.events.change(
      async (tx) => {
        await tx.settings.delete(SETTING);
        await tx.answer(ended);
      },
      happening('platform.unfrozen', principal, { by: principal.name }),
    );
    this.#take(null);
    return ended;
  }

  /** That its time is over holds at once; the event and the store follow, as soon as the database is there. */
  #look(): void {
    const freeze = this.#freeze;
    if (freeze === null || !isOver(freeze, this.#options.clock.now()) || this.#ending !== null) return;
    const { events, logger } = this.#options;
    this.#ending = events
      .change((tx) => tx.settings.delete(SETTING), happening('platform.unfrozen', null, { expired: true }))
      .then(() => {
        if (this.#freeze === freeze) this.#take(null);
      })
      .catch((error: unknown) =>
        logger.warn(
          { error: (error as Error).message },
          'the end of the freeze could not be stored; it is tried again',
        ),
      )
      .finally(() => {
        this.#ending = null;
      });
  }

  #take(freeze: FreezeRecord | null): void {
    this.#freeze = freeze;
    for (const cluster of this.#options.fleet.clusters()) cluster.changed.notify();
  }
}

function isOver({ expiresAt }: FreezeRecord, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

function happening(type: EventType, principal: Principal | null, data: Record<string, unknown>): Happening {
  const subject = { kind: 'Platform', uid: 'platform', name: 'platform' };
  return { tenant: null, subject, type, cause: principal?.token ?? null, data };
}
