/** Whether the disk has room for logs: they give way before anything else does. */
import { diskOf } from '../disk/disk.ts';

export interface FreeSpaceOptions {
  readonly directory: string;
  readonly minimumFreeShare?: number;
  readonly freeShare?: (directory: string) => Promise<number>;
  /** What could not be asked is taken for enough. */
  readonly onFailure: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const DEFAULT_SHARE = 0.1;
const ASK_EVERY_MILLISECONDS = 5000;

export class FreeSpace {
  readonly #options: FreeSpaceOptions;
  #askedAt = -Infinity;
  #answer: Promise<boolean> = Promise.resolve(true);

  constructor(options: FreeSpaceOptions) {
    this.#options = options;
  }

  /** Asks the file system at most every few seconds. */
  hasRoom(): Promise<boolean> {
    const now = this.#options.now();
    if (Math.abs(now - this.#askedAt) >= ASK_EVERY_MILLISECONDS) {
      this.#askedAt = now;
      this.#answer = this.#ask();
    }
    return this.#answer;
  }

  async #ask(): Promise<boolean> {
    const { directory, minimumFreeShare = DEFAULT_SHARE, freeShare = shareOf, onFailure } = this.#options;
    if (minimumFreeShare <= 0) return true;
    try {
      return (await freeShare(directory)) >= minimumFreeShare;
    } catch (error) {
      onFailure(error);
      return true;
    }
  }
}

async function shareOf(directory: string): Promise<number> {
  const { freeBytes, totalBytes } = await diskOf(directory).space();
  return totalBytes === 0 ? 1 : freeBytes / totalBytes;
}
