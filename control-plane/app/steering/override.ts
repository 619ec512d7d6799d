/** A manual number of instances, as it is asked for. */
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { OverrideRecord } from '../records/clusters.ts';

/** Overrides end after an hour unless said otherwise, and never last longer than a week. */
export const OVERRIDE_SECONDS = 3600;
const LONGEST_SECONDS = 7 * 24 * 3600;

export interface AskedOverride {
  readonly instances: number;
  readonly kind: OverrideRecord['kind'];
  readonly reason: string;
  readonly forSeconds?: number;
}

/** Throws `RequestError` INVALID for a time, a reason or a number that cannot be. */
export function overrideOf(cluster: ClusterState, asked: AskedOverride, by: string, now: number): OverrideRecord {
  const { instances, kind, reason, forSeconds: seconds = OVERRIDE_SECONDS } = asked;
  if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
    throw new RequestError('INVALID', `an override lasts from 1 s to ${LONGEST_SECONDS} s; got ${seconds}`, {
      field: 'forSeconds',
    });
  }
  if (reason.trim() === '')
    throw new RequestError('INVALID', 'say why: the reason stands in the record', { field: 'reason' });
  const { minimum, maximum } = cluster.plan.effective.policy;
  if (!Number.isInteger(instances) || instances < minimum || instances > maximum) {
    throw new RequestError(
      'INVALID',
      `${cluster.keyText} may have ${minimum} to ${maximum} instances by its policy; got ${instances}`,
      { field: 'instances' },
    );
  }
  return { kind, instances, reason, by, createdAt: now, expiresAt: now + seconds * 1000 };
}
