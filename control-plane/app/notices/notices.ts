/** Keeps a runner for each notice that is not disabled, and none for others. Level-triggered: it looks at what is stored. */
import { isDeepStrictEqual } from 'node:util';
import { matchesType } from '../../domain/notices/types.ts';
import type { EventRecorder } from '../events.ts';
import { Serial } from '../fleet/serial.ts';
import type { Timer } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { NoticeProgressRecord, NoticeRecord } from '../records/notices.ts';
import { PLATFORM_TENANT } from '../records/tenants.ts';
import { requestOf, secretsOf, type NoticeMessage } from './message.ts';
import { failureOf, filterOf, NoticeRunner, type NoticeRunnerOptions } from './notice-runner.ts';
import { Slots } from './slots.ts';

/** A tenant that is gone, or a change by whatever else, is seen by then. */
const LOOK_EVERY_MILLISECONDS = 5000;
/** Requests at once, over all notices; each has one at a time. */
const AT_ONCE = 64;
const MOST_COUNTED = 1000;

export interface NoticesOptions extends Omit<NoticeRunnerOptions, 'notice' | 'store' | 'slots' | 'giveUp'> {
  readonly store: Store;
  readonly events: EventRecorder;
}

export interface NoticeStatus {
  readonly progress: NoticeProgressRecord;
  readonly waiting: number;
}

export class Notices {
  readonly #options: NoticesOptions;
  readonly #slots = new Slots(AT_ONCE);
  readonly #running = new Map<string, { readonly notice: NoticeRecord; readonly runner: NoticeRunner }>();
  readonly #serial = new Serial();
  readonly #stop = new AbortController();
  #timer: Timer | undefined;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.setInterval(() => this.look(), LOOK_EVERY_MILLISECONDS);
    this.look();
  }

  /** Starts, changes and ends runners until they are what is stored; soon, and never rejecting. Nothing before the start. */
  look(): void {
    if (this.#timer === undefined) return;
    void this.#serial
      .run(() => this.#look())
      .catch((error: unknown) =>
        this.#options.logger.warn({ error }, 'the notices could not be read; they are read again in a moment'),
      );
  }

  async status(notice: NoticeRecord): Promise<NoticeStatus> {
    const { events } = this.#options;
    const progress = this.#running.get(notice.uid)?.runner.progress ?? (await this.#progressOf(notice));
    const behind = await events.after(progress.after, filterOf(notice), MOST_COUNTED);
    return { progress, waiting: behind.filter(({ type }) => matchesType(notice.types, type)).length };
  }

  /** Sends one message now, once. Rejects with `NoticeError`. @returns the status of the answer */
  async send(notice: NoticeRecord, message: NoticeMessage): Promise<number> {
    const { vault, transport, clock } = this.#options;
    const { signal } = this.#stop;
    try {
      return await this.#slots.run(signal, async () => {
        const secrets = secretsOf(vault, notice, clock.now());
        return transport.send(requestOf(notice.url, message, secrets, clock.now()), signal);
      });
    } catch (error) {
      throw failureOf(error);
    }
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stop.abort();
    await this.#serial.run(async () => {
      await Promise.all([...this.#running.values()].map(({ runner }) => runner.close()));
      this.#running.clear();
    });
    await this.#options.transport.close();
  }

  async #look(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const stored = await this.#options.store.notices.find({});
    const wanted = new Map(stored.filter(({ disabled }) => disabled === null).map((notice) => [notice.uid, notice]));
    for (const [uid, { notice, runner }] of this.#running) {
      if (isDeepStrictEqual(wanted.get(uid), notice)) continue;
      this.#running.delete(uid);
      await runner.close();
    }
    for (const [uid, notice] of wanted) {
      if (this.#running.has(uid)) continue;
      const giveUp: NoticeRunnerOptions['giveUp'] = (given, reason) => this.#giveUp(given, reason);
      const options = { ...this.#options, notice, slots: this.#slots, giveUp };
      this.#running.set(uid, { notice, runner: new NoticeRunner(options, await this.#progressOf(notice)) });
    }
  }

  async #progressOf({ uid, tenant }: NoticeRecord): Promise<NoticeProgressRecord> {
    const { store } = this.#options;
    return (await store.noticeProgress.get(uid)) ?? newProgress({ uid, tenant }, await store.events.last());
  }

  async #giveUp({ uid, tenant, name, application }: NoticeRecord, reason: string): Promise<void> {
    const { events, clock } = this.#options;
    await events.change(
      async (tx) => {
        const present = await tx.notices.get(uid);
        if (present !== undefined) await tx.notices.save({ ...present, disabled: { at: clock.now(), reason } });
      },
      {
        tenant: tenant === PLATFORM_TENANT ? null : tenant,
        subject: { kind: 'Notice', uid, name },
        type: 'notice.disabled',
        data: { reason, ...(application === null ? {} : { application }) },
      },
    );
    this.look();
  }
}

export function newProgress(
  of: { readonly uid: string; readonly tenant: string },
  after: number,
): NoticeProgressRecord {
  const { uid, tenant } = of;
  return { uid, tenant, after, failures: 0, failingSince: null, dropped: 0, lastSuccess: null, lastError: null };
}
