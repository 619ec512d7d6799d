/** Says in events that a certificate is about to end, some days before and once at each of them, over restarts too. */
import type { EventRecorder } from '../events.ts';
import type { Clock } from '../ports/clock.ts';
import { TimedLook } from '../timed-look.ts';
import type { Repositories } from '../ports/store.ts';
import type { CertificateRecord } from '../records/credentials.ts';

const LOOK_EVERY_MILLISECONDS = 3_600_000;
const DAY_MILLISECONDS = 86_400_000;
/** Days before the end; 0: it has ended. */
const NOTICES = [14, 7, 3, 1, 0] as const;

export interface ExpiryWatchOptions {
  readonly store: Pick<Repositories, 'certificates'>;
  readonly events: EventRecorder;
  readonly clock: Pick<Clock, 'now' | 'setInterval'>;
  readonly onFailure: (error: Error) => void;
}

export class ExpiryWatch {
  readonly #options: ExpiryWatchOptions;
  readonly #looks: TimedLook;

  constructor(options: ExpiryWatchOptions) {
    this.#options = options;
    this.#looks = new TimedLook({
      everyMilliseconds: LOOK_EVERY_MILLISECONDS,
      clock: options.clock,
      look: () => this.#look(),
      onFailure: options.onFailure,
    });
  }

  start(): void {
    this.#looks.start();
    void this.look();
  }

  close(): Promise<void> {
    return this.#looks.close();
  }

  /** One look at a time. Never rejects. */
  look(): Promise<void> {
    return this.#looks.now();
  }

  async #look(): Promise<void> {
    const { store, events, clock } = this.#options;
    for (const record of await store.certificates.find({})) {
      const noticedDays = noticeFor(record, clock.now());
      if (noticedDays === null) continue;
      await events.change(
        async (tx) => {
          // It may have been renewed since it was read.
          const present = await tx.certificates.get(record.uid);
          if (present?.version === record.version) await tx.certificates.save({ ...present, noticedDays });
        },
        {
          tenant: record.tenant,
          subject: { kind: 'Certificate', uid: record.uid, name: record.name },
          type: noticedDays === 0 ? 'certificate.expired' : 'certificate.expiring',
          data: { notAfter: new Date(record.notAfter).toISOString(), withinDays: noticedDays },
        },
      );
    }
  }
}

/** The notice that is due and was not given yet, in days before the end; null: none. */
export function noticeFor(
  { notAfter, noticedDays }: Pick<CertificateRecord, 'notAfter' | 'noticedDays'>,
  now: number,
): number | null {
  const due = NOTICES.filter((days) => now >= notAfter - days * DAY_MILLISECONDS).at(-1);
  return due === undefined || (noticedDays !== null && noticedDays <= due) ? null : due;
}
