/** What an instance is told of itself when it begins, by whatever way it gets there. */
import type { InstanceRequest } from '../ports/provider.ts';
import type { InstanceRecord } from '../records/instances.ts';
import { cartridgeDocument } from './cartridge-document.ts';
import type { ClusterState } from './cluster-state.ts';
import { imageFor } from './image.ts';

export interface Addresses {
  readonly brokers: readonly string[];
  /** Base URL of the instance endpoints. */
  readonly controlPlane: string;
}

/** But for what its provider assigns. */
export function instanceDocument(
  state: ClusterState,
  { uid, tenant, application, alias, cause }: InstanceRecord,
  { brokers, controlPlane }: Addresses,
): InstanceRequest['document'] {
  const { uid: cluster } = state.record;
  return {
    v: 1,
    ...{ tenant, application, alias, instance: uid, cluster },
    ...(cause === null ? {} : { cause }),
    brokers: [...brokers],
    controlPlane,
    cartridge: cartridgeDocument(state.plan, imageFor(state, cause)),
  };
}
