/**
 * By which image instances run: that of their release, whatever its name or cartridge has come to mean since. Load balancers are the
 * platform's own and follow it.
 */
import type { ClusterState } from './cluster-state.ts';
import type { InstanceState } from './instance-state.ts';

/** Of an instance that was asked for by `cause`: what a roll-out itself asks for is to show that its release works. */
export function imageFor(cluster: ClusterState, cause: string | null): string | undefined {
  const { rollout, candidate } = cluster;
  const isTrial = rollout !== null && rollout.from !== null && rollout.uid === cause;
  return isTrial && !cluster.isLoadBalancer ? candidate?.cartridge.image : lastingImage(cluster);
}

function lastingImage({ isLoadBalancer, plan, stable }: ClusterState): string | undefined {
  return isLoadBalancer ? plan.image : stable?.cartridge.image;
}

/** Its pod was begun from another image than those of its service cluster are to run. False where either is not known. */
export function isOfAnotherImage({ observed }: InstanceState, cluster: ClusterState): boolean {
  const named = lastingImage(cluster);
  return named !== undefined && observed?.image !== undefined && observed.image !== named;
}

/** An image cannot be switched within a pod: other instances take the place of those that there are. Data stays where it is. */
export function replacesInstances(cluster: ClusterState): boolean {
  const { rollout, candidate, stable, hasVolumes } = cluster;
  if (rollout === null || rollout.from === null || hasVolumes) return false;
  return candidate?.cartridge.image !== stable?.cartridge.image;
}
