/** Decisions in the order in which they were made, from pages of older ones and from what comes live. */
import type { ClusterDecisionFragment, ClusterDecisionPageQuery } from '../../../generated/operations.ts';

export type Decision = ClusterDecisionFragment;
type Page = NonNullable<ClusterDecisionPageQuery['serviceCluster']>['decisions'];

export interface DecisionList {
  /** Oldest first. */
  readonly decisions: readonly Decision[];
  /** Where the page before begins; null: these are all. */
  readonly before: string | null;
}

/** A list that stays open for days keeps so many of what came live. */
const MOST = 2_000;

export function listOf({ edges, pageInfo }: Page): DecisionList {
  return {
    decisions: edges.map(({ node }) => node),
    before: pageInfo.hasPreviousPage ? pageInfo.startCursor : null,
  };
}

/** With the page before it. */
export function withOlder(list: DecisionList, page: Page): DecisionList {
  const older = listOf(page);
  return { decisions: merged(older.decisions, list.decisions), before: older.before };
}

/** With one more, or with one as it is by now. */
export function withDecision(list: DecisionList, decision: Decision): DecisionList {
  const decisions = merged(list.decisions, [decision]);
  return { ...list, decisions: decisions.length > 2 * MOST ? decisions.slice(-MOST) : decisions };
}

/** Each once, the later word counts; uids are in the order of time. */
export function merged(earlier: readonly Decision[], later: readonly Decision[]): readonly Decision[] {
  const byUid = new Map([...earlier, ...later].map((decision) => [decision.uid, decision]));
  return [...byUid.values()].sort((a, b) => (a.uid < b.uid ? -1 : 1));
}
