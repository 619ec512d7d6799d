/**
 * What a storage driver does, and host paths leave undone: kubelets do not give volumes of host paths to the pod's `fsGroup`, so whoever
 * provides them has to. The tests' nodes have the files of this machine.
 */
import { chmod, chown } from 'node:fs/promises';
import { VOLUMES_GROUP_ID } from '../../control-plane/adapters/kubernetes/objects/volumes.ts';
import { kubectl } from './cluster.ts';

interface VolumeView {
  readonly spec: {
    readonly hostPath?: { readonly path: string };
    readonly claimRef?: { readonly namespace?: string };
  };
}

/** Gives the volumes that the namespace's claims are bound to, and that are host paths, to the group of the pods that have them. */
export async function openVolumes(namespace: string): Promise<void> {
  const { items } = JSON.parse(await kubectl('get', 'pv', '-o', 'json')) as { items: VolumeView[] };
  for (const { spec } of items) {
    if (spec.hostPath === undefined || spec.claimRef?.namespace !== namespace) continue;
    await chown(spec.hostPath.path, 0, VOLUMES_GROUP_ID);
    await chmod(spec.hostPath.path, 0o2770);
  }
}
