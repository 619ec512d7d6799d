/** One instance in the picture of an application. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { figure } from '../../clusters/load-share.ts';
import { span } from '../../components/relative.ts';
import type { TopologyInstanceFragment } from '../../generated/operations.ts';
import { instanceWord } from './instance-word.ts';
import type { Entry } from './topology.ts';

export interface InstanceTileProps {
  readonly entry: Entry;
  readonly instance: TopologyInstanceFragment;
  /** Requests in flight that a full bar stands for, above 0. */
  readonly most: number;
  /** Of a load balancer: what it has sent and has no answer to yet. */
  readonly sent: number | null;
}

export function InstanceTile({ entry, instance, most, sent }: InstanceTileProps): ReactNode {
  const { uid, release, reason, requestsInFlight, loadAverage, sampleAgeSeconds } = instance;
  const { word, tone } = instanceWord(instance);
  // Why it is drained is what the platform does just now, and no news of the instance.
  const problem = instance.draining === null ? reason : null;
  const isLate = sampleAgeSeconds !== null && sampleAgeSeconds > 0;
  return (
    <li className={`instance ${tone}`} data-state={word} title={whereabouts(instance)}>
      <Link
        to="/applications/$application/$alias/instances/$uid"
        params={{ application: entry.applicationName, alias: entry.alias, uid }}
        search={(search) => search}
      >
        <span className="mono">…{uid.slice(-6)}</span> <span className="state">{word}</span>
      </Link>
      {sent === null ? null : <span>{figure(sent)} in flight through it</span>}
      {sent !== null || requestsInFlight === null ? null : (
        <span>
          {figure(requestsInFlight)} in flight
          <Shares instance={instance} />
          <span className="bar" aria-hidden="true">
            <span style={{ width: `${Math.min(100, (requestsInFlight / most) * 100)}%` }} />
          </span>
        </span>
      )}
      {sent !== null || requestsInFlight !== null || loadAverage === null ? null : (
        <span>load {figure(loadAverage)} %</span>
      )}
      {release !== null && entry.rollout !== null ? <span className="quiet">release {release}</span> : null}
      {isLate ? <span className="word warning">no sample for {span(sampleAgeSeconds)}</span> : null}
      {problem === null ? null : <bdi className="reason">{problem.message}</bdi>}
    </li>
  );
}

/** What each of several load balancers has sent there. */
function Shares({ instance: { balancers } }: { readonly instance: TopologyInstanceFragment }): ReactNode {
  if (balancers.length < 2) return null;
  const told = balancers.map(
    ({ balancer, requestsInFlight }) => `${figure(requestsInFlight)} through …${balancer.slice(-6)}`,
  );
  return <span className="quiet"> ({told.join(', ')})</span>;
}

/** "web-7d9f on node-3"; empty where there is nothing to say. */
function whereabouts({ name, node }: TopologyInstanceFragment): string {
  return [name, node === null ? null : `on ${node}`].filter((part) => part !== null).join(' ');
}
