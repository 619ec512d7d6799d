/** How many instances still fit in at a place: asked of the provider now and then, and kept true in between by what was placed since. */
import { LOCAL_HOST_CLUSTER } from '../../domain/placement/placement.ts';
import type { InstanceNeeds, PlacementRequest } from '../ports/provider.ts';

const ASK_EVERY_MILLISECONDS = 2000;
/** Three times 0.1 is more than 0.3. */
const ROUNDING = 1e-9;

interface Answer {
  readonly askedAt: number;
  readonly free: number;
}

export interface FreeRoomOptions {
  readonly ask: (needs: InstanceNeeds, place: PlacementRequest) => Promise<number>;
  readonly now: () => number;
}

export class FreeRoom {
  readonly #options: FreeRoomOptions;
  readonly #answers = new Map<string, Answer>();
  readonly #asking = new Map<string, Promise<Answer>>();
  #placed: readonly { readonly hostCluster: string; readonly needs: InstanceNeeds; readonly at: number }[] = [];

  constructor(options: FreeRoomOptions) {
    this.#options = options;
  }

  /** Rejects where the provider does, unless it has answered before. */
  async at(declared: InstanceNeeds, place: PlacementRequest): Promise<number> {
    const { hostCluster, nodeSelector } = place;
    // Nobody sets processors aside on the machine: one that needs many leaves no less room for one that needs few.
    const needs = hostCluster === LOCAL_HOST_CLUSTER ? { ...declared, cpuCores: 0 } : declared;
    const key = JSON.stringify([
      needs.cpuCores,
      needs.memoryBytes,
      hostCluster,
      Object.entries(nodeSelector ?? {}).sort(),
    ]);
    const known = this.#answers.get(key);
    const isOld = known === undefined || Math.abs(this.#options.now() - known.askedAt) >= ASK_EVERY_MILLISECONDS;
    const asked = isOld ? this.#ask(key, needs, place) : undefined;
    // What was true a moment ago serves: nobody waits for a host cluster that is slow.
    const { askedAt, free } = known ?? (await asked!);
    return free - this.#placedSince(hostCluster, askedAt, needs);
  }

  /** An instance has been placed there. */
  placed(hostCluster: string, needs: InstanceNeeds): void {
    const at = this.#options.now();
    const oldest = Math.min(at, ...[...this.#answers.values()].map(({ askedAt }) => askedAt));
    this.#placed = [...this.#placed.filter((one) => one.at >= oldest), { hostCluster, needs, at }];
  }

  #ask(key: string, needs: InstanceNeeds, place: PlacementRequest): Promise<Answer> {
    const askedAt = this.#options.now();
    const under = this.#asking.get(key);
    if (under !== undefined) return under;
    const asking = this.#options
      .ask(needs, place)
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

  /** Of what has been placed there since, as many instances that need so much. */
  #placedSince(hostCluster: string, since: number, needs: InstanceNeeds): number {
    let [cores, bytes] = [0, 0];
    for (const one of this.#placed) {
      if (one.hostCluster !== hostCluster || one.at < since) continue;
      cores += one.needs.cpuCores;
      bytes += one.needs.memoryBytes;
    }
    const byProcessors = needs.cpuCores > 0 ? Math.ceil(cores / needs.cpuCores - ROUNDING) : 0;
    return Math.max(byProcessors, Math.ceil(bytes / needs.memoryBytes));
  }
}
