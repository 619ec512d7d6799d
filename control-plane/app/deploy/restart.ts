/** All instances are started anew: their release is rolled out once more. */
import { checkRestorable } from '../configuration/release-secrets.ts';
import { RequestError } from '../errors.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import type { ReleaseRecord, RolloutRecord } from '../records/releases.ts';
import type { Releases } from './releases.ts';

export interface RestartOptions {
  readonly store: Store;
  readonly vault: Pick<Vault, 'has'>;
  readonly releases: Pick<Releases, 'again'>;
  readonly markDirty: (cluster: ClusterState) => void;
}

/**
 * To be called in the service cluster's turn. Throws `RequestError` INVALID for a load balancer and for no reason, CONFLICT where it
 * is stopped, has no release, or has a roll-out under way or waiting; `SecretError` where a secret of the release is gone.
 */
export async function restart(
  { store, vault, releases, markDirty }: RestartOptions,
  cluster: ClusterState,
  reason: string,
  by: Pick<Principal, 'token' | 'name'>,
): Promise<RolloutRecord> {
  const stable = restartable(cluster, reason);
  await checkRestorable({ store, vault }, cluster.keyText, stable);
  const rollout = await releases.again(cluster, stable, by.name, ({ number }) => ({
    tenant: cluster.record.tenant,
    subject: subjectOf.cluster(cluster.record),
    type: 'cluster.restart-asked',
    cause: by.token,
    data: { by: by.name, reason, release: number },
  }));
  markDirty(cluster);
  return rollout;
}

/** The release that would be rolled out once more. Throws `RequestError` as {@link restart} does. */
export function restartable(
  { record, stable, rollout, pending, keyText, isLoadBalancer }: ClusterState,
  reason: string,
): ReleaseRecord {
  if (reason.trim() === '')
    throw new RequestError('INVALID', 'say why: the reason stands in the record', { field: 'reason' });
  if (isLoadBalancer)
    throw new RequestError(
      'INVALID',
      `${keyText} is the platform’s own load balancer; restart one of the application’s components`,
      { field: 'ref.alias' },
    );
  if (record.stopped !== null) throw conflict(`${keyText} is stopped; start it instead`);
  if (stable === null) throw conflict(`${keyText} has no release yet; deploy one`);
  if (rollout !== null || pending !== null)
    throw conflict(`a roll-out of ${keyText} is under way, or waits, which starts all instances anew; see how it ends`);
  return stable;
}

function conflict(message: string): RequestError {
  return new RequestError('CONFLICT', message);
}
