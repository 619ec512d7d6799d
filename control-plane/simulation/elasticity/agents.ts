/**
 * What the agents of the replicas say, and which of them are silent. Each reports the load average of its replica in per cent of what it
 * serves at once, with an error of its own; the balancer spreads evenly, so that all have the mean. Who starts reports, too, and works at full load.
 */
import { isPlatformAtFault, SILENT_AFTER_MILLISECONDS } from '../../app/reconcile/health.ts';
import { chance, normalOf, randomOf, type Random } from '../random.ts';
import type { PlantSecond } from './plant.ts';
import { SILENT_SECONDS, START_COST_SHARE, type Scenario } from './scenario.ts';

/** The load average of one replica in one second. */
export interface Gauge {
  readonly instance: string;
  readonly loadPercent: number;
}

/** What a control plane knows of the replicas by their agents. */
export interface AgentsSecond {
  readonly gauges: readonly Gauge[];
  /** Began to serve, or ended to, in this second. */
  readonly joined: readonly string[];
  readonly left: readonly string[];
  /** Replicas that said nothing. */
  readonly silent: number;
  /** Silent for so long that they count as such. */
  readonly unreachable: number;
  /** So many fell silent together that it is the platform's fault. */
  readonly silenced: boolean;
}

interface Replica {
  readonly instance: string;
  /** In seconds; null: it reports. */
  silentSince: number | null;
}

export class Agents {
  readonly #concurrency: number;
  readonly #noise: number;
  readonly #silentAgents: number;
  readonly #random: Random;
  readonly #normal: () => number;
  /** The oldest first. */
  #replicas: Replica[] = [];
  #named = 0;

  constructor(concurrency: number, noise: number, { silentAgents }: Scenario, seed: number) {
    this.#concurrency = concurrency;
    this.#noise = noise;
    this.#silentAgents = silentAgents;
    this.#random = randomOf(seed, 6);
    this.#normal = normalOf(randomOf(seed, 7));
  }

  /** The second that ended at `end`. */
  second(end: number, { ready, starting, serving, warming }: PlantSecond): AgentsSecond {
    const left = this.#replicas.splice(ready).map(({ instance }) => instance);
    const joined: string[] = [];
    while (this.#replicas.length < ready) {
      const instance = `r${(this.#named += 1)}`;
      this.#replicas.push({ instance, silentSince: null });
      joined.push(instance);
    }
    for (const replica of this.#replicas) this.#speakOrNot(replica, end);
    const mean = (100 * serving) / Math.max(1, ready) / this.#concurrency;
    const gauges = this.#replicas.flatMap(({ instance, silentSince }, index): Gauge[] => {
      if (silentSince !== null) return [];
      const own = index >= ready - warming ? 100 * START_COST_SHARE : 0;
      return [{ instance, loadPercent: Math.max(0, mean * (1 + this.#noise * this.#normal())) + own }];
    });
    for (let index = 0; index < starting; index += 1) gauges.push({ instance: `starting-${index}`, loadPercent: 100 });
    const silent = this.#replicas.filter(({ silentSince }) => silentSince !== null).length;
    const silentSince = this.#silentSince(end);
    const silenced = isPlatformAtFault(silentSince, ready);
    return { gauges, joined, left, silent, unreachable: silentSince.length, silenced };
  }

  /** Both spells end by chance, so that the share that is silent is the one asked for on average. */
  #speakOrNot(replica: Replica, now: number): void {
    if (replica.silentSince !== null) {
      if (chance(this.#random, 1 / SILENT_SECONDS)) replica.silentSince = null;
    } else if (chance(this.#random, this.#silentAgents / Math.max(0.01, 1 - this.#silentAgents) / SILENT_SECONDS))
      replica.silentSince = now;
  }

  /** Of those that count as silent, in milliseconds. */
  #silentSince(now: number): number[] {
    return this.#replicas.flatMap(({ silentSince }) =>
      silentSince !== null && (now - silentSince) * 1000 >= SILENT_AFTER_MILLISECONDS ? [silentSince * 1000] : [],
    );
  }
}
