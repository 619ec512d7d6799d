/** What the agents have counted in all, held against what was metered of it. */
import type { Agent } from './agent.ts';
import type { Watch } from './invariants.ts';
import type { MemoryDatabase } from './memory-store.ts';

interface Sum {
  cpuSeconds: number;
  requests: number;
}

export class Ledger {
  readonly #database: MemoryDatabase;
  readonly #agents: ReadonlyMap<string, Agent>;
  /** By alias, of instances that have ended. */
  readonly #ended = new Map<string, Sum>();

  constructor(database: MemoryDatabase, agents: ReadonlyMap<string, Agent>) {
    this.#database = database;
    this.#agents = agents;
  }

  /** An instance has ended: what it counted stays. */
  count(agent: Agent): void {
    add(this.#ended, agent);
  }

  /** What is metered can be no more than what was counted. */
  check(watch: Watch): void {
    const counted = new Map([...this.#ended].map(([alias, sum]) => [alias, { ...sum }]));
    for (const agent of this.#agents.values()) add(counted, agent);
    const metered = new Map<string, Sum>();
    for (const { alias, usage } of this.#database.all('usage').values()) {
      const sum = sumOf(metered, alias);
      sum.cpuSeconds += usage.cpuSeconds;
      sum.requests += usage.requests;
    }
    for (const [alias, { cpuSeconds, requests }] of metered) {
      const most = sumOf(counted, alias);
      watch.metered(alias, cpuSeconds, most.cpuSeconds, 'CPU seconds');
      watch.metered(alias, requests, most.requests, 'requests');
    }
  }
}

function add(sums: Map<string, Sum>, { key, counted }: Agent): void {
  sumOf(sums, key.alias).cpuSeconds += counted.cpuSeconds;
  // A load balancer's: of the service clusters behind it.
  for (const [alias, requests] of counted.requests) sumOf(sums, alias).requests += requests;
}

function sumOf(sums: Map<string, Sum>, alias: string): Sum {
  const sum = sums.get(alias) ?? { cpuSeconds: 0, requests: 0 };
  sums.set(alias, sum);
  return sum;
}
