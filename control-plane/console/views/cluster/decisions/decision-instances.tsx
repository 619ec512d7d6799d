/** Where the instances went that a decision asked for. */
import type { ReactNode } from 'react';
import { Foreign } from '../../../components/foreign.tsx';
import { RefusedNote, Waiting } from '../../../components/notes.tsx';
import { word } from '../../../components/words.ts';
import { ClusterDecisionInstances } from '../../../generated/operations.ts';
import { useAsk } from '../../../live/use-ask.ts';
import { useClusterRef } from '../ref.ts';
import { InstanceLink } from '../instance-link.tsx';

export function DecisionInstances({ uid }: { readonly uid: string }): ReactNode {
  const ref = useClusterRef();
  const [asked, again] = useAsk(ClusterDecisionInstances, {
    variables: { ref, tenant: ref.tenant },
    again: ['instance.'],
  });
  if (asked.kind === 'waiting') return <Waiting what="its instances" />;
  if (asked.kind === 'refused') return <RefusedNote error={asked.error} again={again} />;
  const { serviceCluster, events } = asked.result;
  const made = (serviceCluster?.instances.edges ?? []).filter(({ node }) => node.cause === uid);
  const whys = new Map(
    events.edges.flatMap(({ node }) => {
      const why = textIn(node.data, 'why');
      return why === undefined ? [] : [[node.subject.uid, why] as const];
    }),
  );
  return (
    <>
      <h3>Placement</h3>
      {made.length === 0 ? <p>None of the last instances came of it.</p> : null}
      <ul>
        {made.map(({ node: { uid: instance, placement, state } }) => (
          <li key={instance}>
            <InstanceLink uid={instance} />:{' '}
            {placement === null ? 'no place is known' : `${placement.partition} on ${placement.hostCluster}`}
            <Foreign text={whys.has(instance) ? `, ${whys.get(instance)}` : ''} />{' '}
            <span className="quiet">({word(state)})</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A text of an event's data. */
function textIn(data: unknown, name: string): string | undefined {
  const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
