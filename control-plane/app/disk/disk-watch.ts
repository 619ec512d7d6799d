/**
 * What gives way while the disk has too little room: deployments and uploads are refused (applications' logs give way by
 * themselves), while everything that keeps what runs running, scaling above all, goes on.
 */
import type { Logger } from 'pino';
import { RequestError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Disk, DiskSpace } from '../ports/disk.ts';

const LOOK_MILLISECONDS = 5000;
/** Room beyond the least that ends it, as a share of the disk: what is written and removed must not begin and end it all the time. */
const HYSTERESIS_SHARE = 0.01;

export interface DiskWatchOptions {
  readonly disk: Disk;
  /** Least share of the disk that is to be free, 0 (never mind) to below 1. */
  readonly minimumFreeShare: number;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly clock: Clock;
}

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #timer: Timer | null = null;
  #looking: Promise<unknown> = Promise.resolve();
  #isLow = false;
  #hasFailed = false;
  #last: DiskSpace | null = null;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  /** What the file system last said; null before it was asked (a metric). */
  get last(): DiskSpace | null {
    return this.#last;
  }

  /** Least share of the disk that is to be free, 0 (never mind) to below 1. */
  get minimumFreeShare(): number {
    return this.#options.minimumFreeShare;
  }

  get isLow(): boolean {
    return this.#isLow;
  }

  /** Takes up what the last control plane told, and looks from now on. */
  async start(): Promise<void> {
    const [told] = await this.#options.events.newest({ types: ['disk.low', 'disk.recovered'] }, 1);
    this.#isLow = told?.type === 'disk.low';
    await this.look();
    this.#timer ??= this.#options.clock.setInterval(() => {
      this.#looking = this.look();
    }, LOOK_MILLISECONDS);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#looking;
  }

  /** Throws `RequestError` DISK_LOW with what is free and what to do; not with the folder, which is no tenant's business. What cannot be asked is taken for enough. */
  async check(): Promise<void> {
    await this.look();
    if (!this.#isLow || this.#last === null) return;
    throw new RequestError(
      'DISK_LOW',
      `the platform’s disk has ${this.#freeText(this.#last)}, so nothing new is deployed or uploaded; what runs goes on and scales. An operator has to make room: the event disk.low names the folder`,
    );
  }

  /** Asks the file system, and tells when it has got too little or enough again. */
  async look(): Promise<void> {
    const { disk, minimumFreeShare, logger } = this.#options;
    let space: DiskSpace;
    try {
      space = await disk.space();
    } catch (error) {
      if (!this.#hasFailed)
        logger.error({ error }, 'how much of the disk is free cannot be asked; it is taken for enough');
      this.#hasFailed = true;
      return;
    }
    this.#hasFailed = false;
    this.#last = space;
    const share = space.totalBytes === 0 ? 1 : space.freeBytes / space.totalBytes;
    const isLow = minimumFreeShare > 0 && share < minimumFreeShare + (this.#isLow ? HYSTERESIS_SHARE : 0);
    if (isLow === this.#isLow) return;
    this.#isLow = isLow;
    this.#tell(space);
  }

  #tell(space: DiskSpace): void {
    const { events, logger, minimumFreeShare } = this.#options;
    const { directory, freeBytes, totalBytes } = space;
    const text = `the disk of ${directory} has ${this.#freeText(space)}`;
    if (this.#isLow) logger.warn(`${text}: applications' logs and deployments give way`);
    else logger.info(`${text}: logs are kept and deployments taken again`);
    events.record({
      tenant: null,
      subject: { kind: 'Disk', uid: 'data', name: directory },
      type: this.#isLow ? 'disk.low' : 'disk.recovered',
      data: { directory, freeBytes, totalBytes, minimumFreePercent: percent(minimumFreeShare) },
    });
  }

  #freeText({ freeBytes, totalBytes }: DiskSpace): string {
    const share = totalBytes === 0 ? 1 : freeBytes / totalBytes;
    const mebibytes = Math.floor(freeBytes / 1024 / 1024);
    return `${mebibytes} MiB free (${percent(share)} %; ${percent(this.#options.minimumFreeShare)} % are to be)`;
  }
}

/** To a tenth, rounded down: 9.99 % must not read as the 10 % that it is not. */
function percent(share: number): number {
  return Math.floor(share * 1000 + 1e-9) / 10;
}
