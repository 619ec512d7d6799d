/** Asks the provider what runs: when it says that something changed, and every two seconds in any case. One look at a time. */
import type { Logger } from 'pino';
import type { Clock, Timer } from '../ports/clock.ts';
import type { ObservedInstance, Provider } from '../ports/provider.ts';
import type { ClusterState } from './cluster-state.ts';
import type { Fleet } from './fleet.ts';
import type { InstanceState } from './instance-state.ts';

const RESYNC_MILLISECONDS = 2000;

export interface ObserverOptions {
  readonly fleet: Fleet;
  readonly provider: Provider;
  readonly markDirty: (cluster: ClusterState) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

export class Observer {
  readonly #options: ObserverOptions;
  #looking: Promise<void> | null = null;
  #again = false;
  #timer: Timer | null = null;
  #off: (() => void) | null = null;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#off ??= this.#options.provider.onChange(() => void this.look());
    this.#timer ??= this.#options.clock.setInterval(() => void this.look(), RESYNC_MILLISECONDS);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#off?.();
    this.#again = false;
    await this.#looking;
  }

  /** A change that comes during a look asks for another one. Never rejects. */
  look(): Promise<void> {
    if (this.#looking !== null) {
      this.#again = true;
      return this.#looking;
    }
    this.#looking = this.#observe()
      .catch((error: unknown) =>
        this.#options.logger.error({ error }, 'the provider could not be asked; it is asked again'),
      )
      .finally(() => {
        this.#looking = null;
        if (!this.#again) return;
        this.#again = false;
        void this.look();
      });
    return this.#looking;
  }

  async #observe(): Promise<void> {
    const { fleet, provider, markDirty, clock } = this.#options;
    // An instance that is made while the provider looks may be missing in what it sees: it is no news of that one.
    const before = new Map(
      [...fleet.clusters()].flatMap((cluster) =>
        cluster.live().map((instance) => [instance, instance.observed] as const),
      ),
    );
    const observed = new Map((await provider.list()).map((instance) => [instance.instance, instance]));
    const unseen = new Set(provider.unseen?.() ?? []);
    for (const cluster of fleet.clusters()) {
      for (const instance of cluster.live()) {
        const known = before.get(instance);
        if (known === undefined || known === null || instance.observed !== known) continue;
        const next = seenNow(instance, known, { observed, unseen });
        if (next === undefined) continue;
        instance.observed = next;
        // An image may have been pulled for longer than an agent gets for its first word.
        if (known.state === 'starting' && next.state === 'running') instance.awaitedSince = clock.now();
        if (next.state !== known.state || next.problem?.code !== known.problem?.code) markDirty(cluster);
      }
    }
  }
}

interface Look {
  /** By uid of the instance. */
  readonly observed: ReadonlyMap<string, ObservedInstance>;
  /** Host clusters that could not be looked at. */
  readonly unseen: ReadonlySet<string>;
}

/** `undefined`: of a host cluster that cannot be looked at, what was seen last is all that is known. */
function seenNow(
  { record }: InstanceState,
  known: ObservedInstance,
  { observed, unseen }: Look,
): ObservedInstance | undefined {
  const seen = observed.get(record.uid);
  if (seen !== undefined) return seen;
  if (unseen.has(record.placement?.hostCluster ?? '')) return undefined;
  return { ...known, state: 'gone', detail: 'nothing is left of it' };
}
