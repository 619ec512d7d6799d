/** Long after the last fault everything that was asked for has to be there. */
import { ALIASES } from './scenario.ts';
import type { Agent } from './agent.ts';
import type { Machine } from './machine.ts';
import type { MemoryDatabase } from './memory-store.ts';

export interface RestQuestion {
  readonly database: MemoryDatabase;
  readonly machine: Machine;
  readonly agents: ReadonlyMap<string, Agent>;
  /** Least instances of a service cluster. */
  readonly minimum: (alias: string) => number;
}

/** What keeps the platform from being as it was asked to be; null: everything is there, once. */
export function unrest({ database, machine, agents: all, minimum }: RestQuestion): string | null {
  const clusters = [...database.all('clusters').values()];
  if (clusters.length !== ALIASES.length + 1) return `there are ${clusters.length} service clusters`;
  for (const { uid, alias, wanted, stableRelease, candidateRelease } of clusters) {
    const running = [...machine.running.values()].filter(({ request }) => request.document.cluster === uid);
    const agents = running.flatMap(({ request }) => all.get(request.document.instance) ?? []);
    const active = agents.filter(({ state }) => state === 'active');
    if (stableRelease === null || candidateRelease !== null)
      return `${alias}: stable ${stableRelease}, candidate ${candidateRelease}`;
    if (wanted < minimum(alias)) return `${alias}: ${wanted} wanted`;
    if (running.length !== wanted || active.length !== wanted)
      return `${alias}: ${wanted} wanted, ${running.length} run, ${active.length} are active`;
    const other = agents.find((agent) => agent.running?.release !== stableRelease);
    if (other !== undefined) return `${alias}: ${other.key.instance} runs ${other.running?.release}`;
    for (const { key } of agents) {
      const record = database.all('instances').get(key.instance);
      if (record?.state !== 'active' || record.unreachable)
        return `${key.instance} is active, and recorded as ${record?.state}`;
    }
  }
  return null;
}
