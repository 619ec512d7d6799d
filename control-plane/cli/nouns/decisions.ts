import type { Session } from '../client/session.ts';
import { followSubscription } from '../client/session.ts';
import { usage } from '../exit.ts';
import {
  FollowDecisions,
  GetDecision,
  ListDecisions,
  type DecisionFieldsFragment,
  type ServiceClusterRef,
} from '../generated/operations.ts';
import type { Column, Reference } from '../output/printer.ts';
import { relative } from '../output/text.ts';
import { newest } from '../pages.ts';
import { resolveTarget } from '../targets.ts';
import { noun } from './noun.ts';
import { perCluster, placeColumn, withoutPlace, type Place } from './per-cluster.ts';

const decisionColumns: readonly Column<DecisionFieldsFragment>[] = [
  { title: 'DECISION', value: ({ uid }) => uid },
  { title: 'WHEN', value: ({ lastAt }, now) => relative(lastAt, now) },
  { title: 'TIMES', value: ({ count }) => String(count) },
  { title: 'FROM', value: ({ from }) => String(from) },
  { title: 'TO', value: ({ to }) => String(to) },
  { title: 'ACTED', value: ({ acted }) => (acted ? 'yes' : 'no') },
  { title: 'BY', value: ({ reasonCode }) => reasonCode },
  { title: 'WHY', value: ({ sentence }) => sentence },
  { title: 'AT', value: ({ at }) => at, isWide: true },
  { title: 'LAST AT', value: ({ lastAt }) => lastAt, isWide: true },
];

export const decisionReference: Reference<DecisionFieldsFragment> = ({ uid }) => `decision/${uid}`;

/** The newest decisions of a service cluster, oldest first. */
export function listDecisions(
  session: Session,
  ref: ServiceClusterRef,
  { actionsOnly, limit }: { readonly actionsOnly: boolean; readonly limit: number },
): Promise<DecisionFieldsFragment[]> {
  return newest(limit, async (last, before) => {
    const { serviceCluster } = await session.client.query(ListDecisions, { ref, actionsOnly, last, before });
    return serviceCluster?.decisions;
  });
}

/** Decisions as they are stored, after the one that is named; a run that grows comes again. */
export async function* followDecisions(
  session: Session,
  ref: ServiceClusterRef,
  { actionsOnly, after }: { readonly actionsOnly: boolean; readonly after: string | undefined },
): AsyncGenerator<DecisionFieldsFragment, void, undefined> {
  const answers = followSubscription(session, FollowDecisions, (last) => ({
    ref,
    after: last?.decisions.uid ?? after,
  }));
  for await (const { decisions: decision } of answers) {
    if (decision.acted || !actionsOnly) yield decision;
  }
}

export const decisions = noun<DecisionFieldsFragment & Place>({
  plural: 'decisions',
  reference: decisionReference,
  columns: [placeColumn, ...decisionColumns],
  async list(session, scope) {
    const found = await perCluster(session, scope, (ref) => listDecisions(session, ref, scope));
    return found.sort((a, b) => Date.parse(a.lastAt) - Date.parse(b.lastAt)).slice(-scope.limit);
  },
  async find(session, uid) {
    return withoutPlace((await session.client.query(GetDecision, { uid })).decision);
  },
  async *follow(session, scope, after) {
    if (scope.application === undefined) throw usage('--watch needs --application APP[/ALIAS] with decisions');
    const ref = await resolveTarget(session, scope.application);
    const place: Place = { applicationName: ref.application, alias: ref.alias };
    const options = { actionsOnly: scope.actionsOnly, after: after?.uid };
    for await (const decision of followDecisions(session, ref, options)) yield { ...place, ...decision };
  },
});
