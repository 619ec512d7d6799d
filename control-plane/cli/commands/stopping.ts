/** `stop` and `start`: a component of an application, or all of them, one after another. */
import type { Session } from '../client/session.ts';
import { Start, Stop, type ServiceClusterFieldsFragment, type ServiceClusterRef } from '../generated/operations.ts';
import { clusterReference } from '../nouns/clusters.ts';
import { resolveComponents } from '../targets.ts';
import { dryRunOfEach } from './dry-run.ts';
import type { PauseCommandOptions, Trial } from './register-scaling.ts';

export async function stop(session: Session, target: string, { reason, dryRun }: PauseCommandOptions): Promise<void> {
  if (dryRun === true) return dryRunOfEach(session, await resolveComponents(session, target), { action: 'STOP' });
  const ask = async (ref: ServiceClusterRef) => (await session.client.mutate(Stop, { ref, reason })).serviceCluster;
  await each(session, target, ask, ({ stopped, live }) => {
    const why = stopped === null ? '' : ` by ${stopped.by} (${stopped.reason})`;
    return `stopped${why}; ${live.active === 0 ? 'nothing of it runs' : `${instances(live.active)} being drained`}`;
  });
}

export async function start(session: Session, target: string, { dryRun }: Trial): Promise<void> {
  if (dryRun === true) return dryRunOfEach(session, await resolveComponents(session, target), { action: 'START' });
  const ask = async (ref: ServiceClusterRef) => (await session.client.mutate(Start, { ref })).serviceCluster;
  await each(session, target, ask, ({ wanted }) => `started; ${instances(wanted)} wanted`);
}

async function each(
  session: Session,
  target: string,
  ask: (ref: ServiceClusterRef) => Promise<ServiceClusterFieldsFragment | null>,
  said: (cluster: ServiceClusterFieldsFragment) => string,
): Promise<void> {
  const { printer } = session;
  const found: ServiceClusterFieldsFragment[] = [];
  for (const ref of await resolveComponents(session, target)) {
    const cluster = await ask(ref);
    if (cluster !== null) found.push(cluster);
  }
  if (printer.format === 'json' || printer.format === 'yaml') return printer.value(found);
  for (const cluster of found)
    await printer.one(cluster, () => `${cluster.applicationName}/${cluster.alias}: ${said(cluster)}`, clusterReference);
}

function instances(count: number): string {
  return `${count} ${count === 1 ? 'instance is' : 'instances are'}`;
}
