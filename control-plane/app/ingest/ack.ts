/** Acknowledgements: a load balancer has applied a topology, or an agent has carried out a command. */
import type { Ack } from '../../../schema/mqtt/command.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Source } from './ingest.ts';

export interface AckContext {
  readonly fleet: Fleet;
  readonly markDirty: (cluster: ClusterState) => void;
}

export function onAck(source: Source, ack: Ack, context: AckContext): void {
  const { instance, cluster, receivedAt } = source;
  if (ack.kind !== 'topology' || !cluster.isLoadBalancer || instance.session !== ack.session) return;
  const target = context.fleet.clusterByKey({ ...cluster.key, alias: ack.alias });
  if (target === undefined) return;
  const { uid, epoch, generation } = ack;
  const known = instance.applied.get(ack.alias);
  // The time of the first acknowledgement counts: reports after it tell what is still in flight.
  if (known?.uid === uid && known.epoch === epoch && known.generation === generation) return;
  instance.applied.set(ack.alias, { uid, epoch, generation, at: receivedAt });
  context.markDirty(target);
}
