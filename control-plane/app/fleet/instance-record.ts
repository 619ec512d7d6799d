/** What is stored of an instance when it begins. */
import { hashOf } from '../ask/authenticate.ts';
import type { Placement } from '../../domain/placement/placement.ts';
import type { InstanceRecord } from '../records/instances.ts';
import type { ClusterState } from './cluster-state.ts';

export interface Beginning {
  readonly uid: string;
  /** In the clear; only its hash is kept. */
  readonly token: string;
  /** Uid of the decision or request that it began with; null: none is known. */
  readonly cause: string | null;
  /** Null: nobody can say. */
  readonly placement: Placement | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export function newInstanceRecord(
  cluster: ClusterState,
  { uid, token, cause, placement, at }: Beginning,
): InstanceRecord {
  const { record } = cluster;
  return {
    uid,
    ...cluster.key,
    cluster: record.uid,
    state: 'created',
    unreachable: false,
    reason: null,
    createdAt: at,
    activeAt: null,
    terminatedAt: null,
    host: null,
    port: null,
    release: record.stableRelease,
    tokenHash: hashOf(token),
    formerTokenHash: null,
    formerTokenUntil: null,
    firstTokenHash: null,
    cause,
    placement,
    draining: null,
    inventory: null,
    hookFailure: null,
  };
}
