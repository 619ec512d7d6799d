/** By which image instances run: that of their release, whatever its name or cartridge has come to mean since. */
import type { ReleaseRecord } from '../records/releases.ts';
import type { ClusterState } from './cluster-state.ts';
import type { InstanceState } from './instance-state.ts';

/** Of an instance that was asked for by `cause`: what a roll-out itself asks for is to show that its release works. */
export function imageFor({ rollout, candidate, stable }: ClusterState, cause: string | null): string | undefined {
  const release = rollout !== null && rollout.from !== null && rollout.uid === cause ? candidate : stable;
  return release?.cartridge.image;
}

/** Its pod was begun from another image than the release names. False where either is not known. */
export function isOfAnotherImage({ observed }: InstanceState, release: ReleaseRecord | null): boolean {
  const named = release?.cartridge.image;
  return named !== undefined && observed?.image !== undefined && observed.image !== named;
}

/** An image cannot be switched within a pod: other instances take the place of those that there are. Data stays where it is. */
export function replacesInstances(cluster: ClusterState): boolean {
  const { rollout, candidate, stable, hasVolumes } = cluster;
  if (rollout === null || rollout.from === null || hasVolumes) return false;
  return candidate?.cartridge.image !== stable?.cartridge.image;
}
