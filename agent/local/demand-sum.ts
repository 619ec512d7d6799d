/**
 * Carries a balancer's counters over its restarts: they begin at 0 again with each of its runs, but those of the agent's
 * session only rise.
 */
import type { TargetDemand } from '../../schema/mqtt/demand.ts';

export interface Demand {
  readonly uptimeSeconds: number;
  readonly targets: Readonly<Record<string, TargetDemand>>;
}

/** Fields that say how it is now; every other number is a counter. */
const INSTANTANEOUS = new Set(['inFlight', 'queued']);

/** Sums numbers, arrays item by item and records member by member; what only one side has is taken as it is. */
function add(base: unknown, current: unknown): unknown {
  if (typeof current === 'number') return typeof base === 'number' ? base + current : current;
  if (Array.isArray(current)) {
    const before: unknown[] = Array.isArray(base) ? base : [];
    return current.map((item: unknown, index) => add(before[index], item));
  }
  if (typeof current !== 'object' || current === null) return current;
  const before = (base ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(current).map(([name, value]: [string, unknown]) => [
      name,
      INSTANTANEOUS.has(name) ? value : add(own(before, name), value),
    ]),
  );
}

/** A member that the record itself has: an alias may be called `constructor`. */
function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export class DemandSum {
  #base: Demand = { uptimeSeconds: 0, targets: {} };
  #last: Demand = this.#base;
  #lastUptime = 0;

  /** What a balancer said, as counted since the agent's session began. An uptime that went back is a new run of it. */
  add(demand: Demand): Demand {
    if (demand.uptimeSeconds < this.#lastUptime) {
      const { uptimeSeconds, targets } = this.#last;
      this.#base = { uptimeSeconds, targets: { ...this.#base.targets, ...targets } };
    }
    this.#lastUptime = demand.uptimeSeconds;
    const targets = Object.entries(demand.targets).map(
      ([alias, target]) => [alias, add(own(this.#base.targets, alias), target) as TargetDemand] as const,
    );
    this.#last = {
      uptimeSeconds: this.#base.uptimeSeconds + demand.uptimeSeconds,
      targets: Object.fromEntries(targets),
    };
    return this.#last;
  }
}
