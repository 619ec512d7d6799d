import { MOST_LIVE } from '../client/each-live.ts';
import { merged } from '../client/merged.ts';
import type { Session } from '../client/session.ts';
import { followSubscription } from '../client/session.ts';
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
import { scopeRefs } from './clusters.ts';
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

interface FollowDecisionsOptions {
  readonly actionsOnly: boolean;
  readonly after: string | undefined;
  readonly signal?: AbortSignal;
}

/** Decisions as they are stored, after the one that is named; a run that grows comes again. */
export async function* followDecisions(
  session: Session,
  ref: ServiceClusterRef,
  { actionsOnly, after, signal = session.io.interrupted }: FollowDecisionsOptions,
): AsyncGenerator<DecisionFieldsFragment, void, undefined> {
  const variables = (last: { readonly decisions: { readonly uid: string } } | undefined) => ({
    ref,
    after: last?.decisions.uid ?? after,
  });
  const answers = followSubscription(session, FollowDecisions, variables, { signal });
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
  async *follow(session, scope, found) {
    const refs = (await scopeRefs(session, scope)).slice(0, MOST_LIVE);
    const { actionsOnly } = scope;
    const newest = found
      .map(({ uid }) => uid)
      .sort()
      .at(-1);
    const feeds = refs.map(
      (ref) =>
        async function* (signal: AbortSignal) {
          const place: Place = { applicationName: ref.application, alias: ref.alias };
          const own = found.findLast(
            ({ applicationName, alias }) => applicationName === ref.application && alias === ref.alias,
          );
          const options = { actionsOnly, after: own?.uid ?? newest, signal };
          for await (const decision of followDecisions(session, ref, options)) yield { ...place, ...decision };
        },
    );
    yield* merged(feeds, session.io.interrupted);
  },
});
