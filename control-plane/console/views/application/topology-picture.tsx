/**
 * An application as it runs: a lane for each service cluster, a column for each partition of a host cluster, an instance where the two meet. A table,
 * so that it is read as one; the lines beside it say nothing that its words do not say.
 */
import { Link } from '@tanstack/react-router';
import { Fragment, useMemo, useRef, type ReactNode } from 'react';
import { stateWord } from '../../clusters/state-words.ts';
import { useMay } from '../../shell/caller.tsx';
import { busPath, gutterWidth, routeLinks, type Bus } from './connectors.ts';
import { InstanceTile } from './instance-tile.tsx';
import { sentBy, type Lane, type LinkKind, type Place, type Topology } from './topology.ts';
import { useMiddles } from './use-middles.ts';

export function TopologyPicture({ topology }: { readonly topology: Topology }): ReactNode {
  const { lanes, places, links } = topology;
  const table = useRef<HTMLTableElement>(null);
  const buses = useMemo(() => routeLinks(links), [JSON.stringify(links)]);
  const middles = useMiddles(table, lanes.map(({ entry }) => entry.uid).join());
  const gutter = gutterWidth(buses);
  const sent = sentBy(lanes);
  const isOperator = useMay('OPERATOR');
  if (lanes.length === 0) return null;
  return (
    <section aria-labelledby="topology">
      <h2 id="topology">Topology</h2>
      <Legend buses={buses} />
      <div className="scroll-x">
        <div className="topology" style={{ paddingLeft: gutter }}>
          <svg className="links" width={gutter} height="100%" aria-hidden="true">
            {buses.map((bus) => (
              <path key={`${bus.kind} ${bus.from}`} className={bus.kind} d={busPath(bus, middles, gutter)} />
            ))}
          </svg>
          <table ref={table} role="table" aria-labelledby="topology">
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col">
                  Service cluster
                </th>
                {places.map((place) => (
                  <th key={place.key} role="columnheader" scope="col">
                    <PlaceName place={place} isLinked={isOperator} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody role="rowgroup">
              {lanes.map((lane, index) => (
                <Fragment key={lane.entry.uid}>
                  {groupOf(lane) === groupOf(lanes[index - 1]) ? null : (
                    <tr role="row" className="group">
                      <th role="rowheader" scope="rowgroup" colSpan={places.length + 1}>
                        {groupOf(lane) === '' ? 'in no group' : `group ${groupOf(lane)}`}
                      </th>
                    </tr>
                  )}
                  <LaneRow lane={lane} places={places} sent={sent} />
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </section>
  );
}

function groupOf(lane: Lane | undefined): string {
  return lane?.groups.join(' / ') ?? '';
}

interface LaneRowProps {
  readonly lane: Lane;
  readonly places: readonly Place[];
  readonly sent: ReadonlyMap<string, number>;
}

function LaneRow({ lane: { entry, startsAfter, scalesWith, cells }, places, sent }: LaneRowProps): ReactNode {
  const { word, tone, means } = stateWord(entry.state);
  const isBalancer = entry.category === 'LOAD_BALANCER';
  const most = Math.max(1, ...(entry.instances ?? []).map(({ requestsInFlight }) => requestsInFlight ?? 0));
  return (
    <tr role="row" data-lane={entry.alias}>
      <th role="rowheader" scope="row">
        <Link
          to="/applications/$application/$alias"
          params={{ application: entry.applicationName, alias: entry.alias }}
          search={(search) => search}
        >
          {entry.alias}
        </Link>{' '}
        <span className={`word ${tone}`} title={means}>
          {word}
        </span>
        {isBalancer ? <span className="said">load balancer</span> : null}
        {startsAfter.length === 0 ? null : <span className="said">starts after {startsAfter.join(', ')}</span>}
        {scalesWith.length === 0 ? null : <span className="said">scales with {scalesWith.join(', ')}</span>}
        {entry.instances?.length === 0 ? <span className="said">no instance</span> : null}
      </th>
      {cells.map((instances, index) => (
        <td key={places[index]!.key} role="cell" data-empty={instances.length === 0}>
          <span className="place-name" aria-hidden="true">
            <PlaceName place={places[index]!} isLinked={false} />
          </span>
          <ul className="plain">
            {instances.map((instance) => (
              <InstanceTile
                key={instance.uid}
                entry={entry}
                instance={instance}
                most={most}
                sent={isBalancer ? (sent.get(instance.uid) ?? 0) : null}
              />
            ))}
          </ul>
        </td>
      ))}
    </tr>
  );
}

interface PlaceNameProps {
  readonly place: Place;
  readonly isLinked: boolean;
}

function PlaceName({ place: { hostCluster, partition, answers }, isLinked }: PlaceNameProps): ReactNode {
  if (hostCluster === null) return <>no place yet</>;
  return (
    <>
      {isLinked && hostCluster !== 'local' ? <Link to="/host-clusters">{hostCluster}</Link> : hostCluster}
      {partition === '' ? null : <span className="quiet"> / {partition}</span>}
      {answers === false ? (
        <>
          {' '}
          <span className="word bad">does not answer</span>
        </>
      ) : null}
    </>
  );
}

const LEGEND: Readonly<Record<LinkKind, string>> = {
  requests: 'sends requests to',
  'starts-after': 'is active before it is started',
  'scales-with': 'is scaled together with',
};

function Legend({ buses }: { readonly buses: readonly Bus[] }): ReactNode {
  const kinds = [...new Set(buses.map(({ kind }) => kind))];
  return (
    <p className="quiet legend">
      {kinds.map((kind) => (
        <span key={kind}>
          <svg className="links" width="28" height="10" aria-hidden="true">
            <path className={kind} d="M0 5H24m-5 -5l5 5l-5 5" />
          </svg>{' '}
          {LEGEND[kind]}
        </span>
      ))}
    </p>
  );
}
