/** How many instances still fit in at a place: asked of the provider now and then, and kept true in between by what was placed since. */
import type { PlacementRequest } from '../ports/provider.ts';

const ASK_EVERY_MILLISECONDS = 2000;

interface Answer {
  readonly askedAt: number;
  readonly free: number;
}

export interface FreeRoomOptions {
  readonly ask: (memoryBytes: number, place: PlacementRequest) => Promise<number>;
  readonly now: () => number;
}

export class FreeRoom {
  readonly #options: FreeRoomOptions;
  readonly #answers = new Map<string, Answer>();
  readonly #asking = new Map<string, Promise<Answer>>();
  #placed: readonly { readonly hostCluster: string; readonly memoryBytes: number; readonly at: number }[] = [];

  constructor(options: FreeRoomOptions) {
    this.#options = options;
  }

  /**
   * @param memoryBytes declared by one instance, above 0
   * Rejects where the provider does, unless it has answered before.
   */
  async at(memoryBytes: number, place: PlacementRequest): Promise<number> {
    const { hostCluster, nodeSelector } = place;
    const key = JSON.stringify([memoryBytes, hostCluster, Object.entries(nodeSelector ?? {}).sort()]);
    const known = this.#answers.get(key);
    const isOld = known === undefined || Math.abs(this.#options.now() - known.askedAt) >= ASK_EVERY_MILLISECONDS;
    const asked = isOld ? this.#ask(key, memoryBytes, place) : undefined;
    // What was true a moment ago serves: nobody waits for a host cluster that is slow.
    const { askedAt, free } = known ?? (await asked!);
    return free - Math.ceil(this.#bytesPlaced(hostCluster, askedAt) / memoryBytes);
  }

  /** An instance has been placed there. */
  placed(hostCluster: string, memoryBytes: number): void {
    const at = this.#options.now();
    const oldest = Math.min(at, ...[...this.#answers.values()].map(({ askedAt }) => askedAt));
    this.#placed = [...this.#placed.filter((one) => one.at >= oldest), { hostCluster, memoryBytes, at }];
  }

  #ask(key: string, memoryBytes: number, place: PlacementRequest): Promise<Answer> {
    const askedAt = this.#options.now();
    const under = this.#asking.get(key);
    if (under !== undefined) return under;
    const asking = this.#options
      .ask(memoryBytes, place)
      .then((free) => {
        const answer = { askedAt, free };
        this.#answers.set(key, answer);
        return answer;
      })
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    // Told to those who wait for it; the older answer stays, and the next question asks again.
    asking.catch(() => undefined);
    return asking;
  }

  #bytesPlaced(hostCluster: string, since: number): number {
    let bytes = 0;
    for (const one of this.#placed) if (one.hostCluster === hostCluster && one.at >= since) bytes += one.memoryBytes;
    return bytes;
  }
}
