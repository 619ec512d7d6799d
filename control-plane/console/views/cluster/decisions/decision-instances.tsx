/** The instances that a decision asked for: where they went and why there, and what each does now. */
import type { ReactNode } from 'react';
import { formatFigure } from '../../../chart/format.ts';
import { Foreign } from '../../../components/foreign.tsx';
import { RefusedNote, Waiting } from '../../../components/notes.tsx';
import { ScrollX } from '../../../components/scroll-x.tsx';
import { word } from '../../../components/words.ts';
import { ClusterDecisionInstances, type ClusterDecisionInstancesQuery } from '../../../generated/operations.ts';
import { useAsk } from '../../../live/use-ask.ts';
import { InstanceLink } from '../instance-link.tsx';
import { toneOfState } from '../instance-tone.ts';
import { PlaceLine } from '../place-line.tsx';
import { useClusterRef } from '../ref.ts';

type Made = NonNullable<ClusterDecisionInstancesQuery['decision']>['instances'][number];

export function DecisionInstances({ uid }: { readonly uid: string }): ReactNode {
  const { tenant } = useClusterRef();
  const [asked, again] = useAsk(ClusterDecisionInstances, { variables: { uid, tenant }, again: ['instance.'] });
  if (asked.kind === 'waiting') return <Waiting what="its instances" />;
  if (asked.kind === 'refused') return <RefusedNote error={asked.error} again={again} />;
  const made = asked.result.decision?.instances ?? [];
  const whys = new Map(
    asked.result.events.edges.flatMap(({ node }) => {
      const why = textIn(node.data, 'why');
      return why === undefined ? [] : [[node.subject.uid, why] as const];
    }),
  );
  return (
    <>
      <h3>Its instances</h3>
      {made.length === 0 ? (
        <p>None came of it, or they are no longer kept.</p>
      ) : (
        <ScrollX label="Instances of the decision">
          <table>
            <thead>
              <tr>
                <th scope="col">Instance</th>
                <th scope="col">State now</th>
                <th scope="col">Where, and why there</th>
                <th scope="col" className="number">
                  Load now
                </th>
                <th scope="col" className="number">
                  In flight
                </th>
              </tr>
            </thead>
            <tbody>
              {made.map((instance) => (
                <MadeRow key={instance.uid} instance={instance} why={whys.get(instance.uid)} />
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
    </>
  );
}

function MadeRow({ instance, why }: { readonly instance: Made; readonly why: string | undefined }): ReactNode {
  const { uid, state, unreachable, placement, observed, live } = instance;
  return (
    <tr>
      <th scope="row">
        <InstanceLink uid={uid} />
      </th>
      <td>
        <span className={`word ${toneOfState(state, unreachable)}`}>{word(state)}</span>{' '}
        {unreachable ? <span className="word warning">unreachable</span> : null}
      </td>
      <td>
        {placement === null ? 'no place is known' : `${placement.partition} on ${placement.hostCluster}`}
        {why === undefined ? null : (
          <>
            , <Foreign text={why} />
          </>
        )}
        <PlaceLine observed={observed} />
      </td>
      <td className="number">{figureOr(live.loadAverage, ' %')}</td>
      <td className="number">{figureOr(live.requestsInFlight, '')}</td>
    </tr>
  );
}

function figureOr(value: number | null, unit: string): ReactNode {
  return value === null ? <span className="quiet">not known</span> : `${formatFigure(value)}${unit}`;
}

/** A text of an event's data. */
function textIn(data: unknown, name: string): string | undefined {
  const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
