/** What a rollback to a release does, before it is asked for. */
import type { ReleasesClusterSubscription } from '../../generated/operations.ts';
import type { Release } from './compare.ts';

type Snapshot = ReleasesClusterSubscription['serviceCluster'];

export type RollbackTo =
  /** `from`: what runs now, null: nothing. `first`: what has to end before, as a sentence; empty: nothing. */
  | { readonly kind: 'possible'; readonly from: number | null; readonly first: string }
  | { readonly kind: 'runs-already' };

export function rollbackTo({ number }: Pick<Release, 'number'>, { serviceCluster, rollout }: Snapshot): RollbackTo {
  const stable = serviceCluster.stableRelease?.number ?? null;
  if (rollout === null)
    return stable === number ? { kind: 'runs-already' } : { kind: 'possible', from: stable, first: '' };
  const { toRelease, fromRelease, state } = rollout;
  if (toRelease?.number === number && state === 'RUNNING') return { kind: 'runs-already' };
  const under = `The roll-out of release ${toRelease?.number ?? '?'} that is under way is taken back`;
  const isReturn = fromRelease?.number === number;
  return {
    kind: 'possible',
    from: isReturn ? (toRelease?.number ?? stable) : stable,
    first: isReturn ? `${under}.` : `${under} first.`,
  };
}
