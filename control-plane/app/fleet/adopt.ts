/**
 * Instances that run and have no record: the database is a copy from before they began. They are this platform's all the same, as
 * their folders (or pods) say, so they serve on: who restores a backup wants yesterday's records, not an outage.
 */
import type { Logger } from 'pino';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import { issueToken } from '../instance-tokens.ts';
import type { ObservedInstance, Provider } from '../ports/provider.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { ClusterState } from './cluster-state.ts';
import type { Fleet } from './fleet.ts';
import type { InstanceJournal } from './instance-journal.ts';
import { newInstanceRecord } from './instance-record.ts';
import { InstanceState } from './instance-state.ts';

export interface AdoptOptions {
  readonly store: Pick<Store, 'observe'>;
  readonly fleet: Fleet;
  readonly provider: Pick<Provider, 'replaceToken'>;
  readonly vault: Pick<Vault, 'derive'>;
  readonly journal: InstanceJournal;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly now: () => number;
}

/**
 * Takes those over that run for a service cluster which is there and stays. Returns the others: what has ended, and what belongs
 * to nothing that is known.
 */
export async function adopt(
  options: AdoptOptions,
  strangers: readonly ObservedInstance[],
): Promise<ObservedInstance[]> {
  const left: ObservedInstance[] = [];
  const grown = new Set<ClusterState>();
  for (const stranger of strangers) {
    const cluster = homeOf(options.fleet, stranger);
    try {
      if (cluster === undefined) left.push(stranger);
      else grown.add(await take(options, cluster, stranger));
    } catch (error) {
      const { instance } = stranger;
      options.logger.error({ instance, error }, 'an instance without a record could not be adopted');
      left.push(stranger);
    }
  }
  for (const cluster of grown) await wantThem(options, cluster);
  return left;
}

function homeOf(fleet: Fleet, stranger: ObservedInstance): ClusterState | undefined {
  if (stranger.state === 'gone' || stranger.outdated !== undefined) return undefined;
  const cluster = fleet.cluster(stranger.cluster);
  if (cluster === undefined || cluster.record.deletingSince !== null) return undefined;
  const { tenant, application, alias } = cluster.key;
  const isIts = stranger.tenant === tenant && stranger.application === application && stranger.alias === alias;
  return isIts ? cluster : undefined;
}

async function take(
  { store, fleet, provider, vault, journal, events, logger, now }: AdoptOptions,
  cluster: ClusterState,
  observed: ObservedInstance,
): Promise<ClusterState> {
  const { instance: uid, host, ports } = observed;
  // The one that it has may be of a key that is gone, or of none.
  const token = issueToken(vault, uid);
  await provider.replaceToken(uid, token);
  const port = ports.find(({ name }) => name === 'http') ?? ports[0];
  const record = {
    ...newInstanceRecord(cluster, { uid, token, cause: null, placement: observed.placement ?? null, at: now() }),
    // Most likely it serves, and load balancers go on at once; where it does not, its agent says so with its first word.
    state: 'active' as const,
    activeAt: now(),
    ...(port === undefined ? {} : { host, port: port.port }),
  };
  const adopted = { tenant: record.tenant, subject: subjectOf.instance(record), type: 'instance.adopted' } as const;
  await store.observe(record, [events.complete(adopted)]);
  events.appended.notify();
  const instance = new InstanceState(record, now());
  instance.observed = observed;
  fleet.addInstance(cluster, instance);
  journal.created(instance);
  logger.warn({ instance: uid, cluster: cluster.keyText }, 'an instance without a record is adopted');
  return cluster;
}

/** As many as serve are wanted, until a decision on fresh demand says otherwise: the number in the copy is of another day. */
async function wantThem({ events }: AdoptOptions, cluster: ClusterState): Promise<void> {
  const { record } = cluster;
  const running = cluster.live().filter(({ record: { draining } }) => draining?.purpose !== 'stop').length;
  if (cluster.isLoadBalancer || running <= record.wanted) return;
  const next = { ...record, wanted: running };
  await events.change((tx) => tx.clusters.save(next), {
    tenant: record.tenant,
    subject: subjectOf.cluster(record),
    type: 'cluster.scaled',
    data: {
      from: record.wanted,
      to: running,
      sentence: `${record.alias}: ${record.wanted} → ${running} instances, because ${running} run that the restored records do not know; no demand was looked at.`,
    },
  });
  cluster.record = next;
}
