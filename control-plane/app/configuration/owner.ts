/** Whose configuration it is: a service cluster's, or an application's and so that of all its components. */
import { checkThere, requireApplication, requireCluster } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import { subjectOf, type EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Principal } from '../principal.ts';
import type { ConfigurationRef } from './use-cases.ts';

export interface Owner {
  readonly uid: string;
  readonly tenant: string;
  /** As people name it: `shop/web`, or `shop`. */
  readonly name: string;
  readonly subject: Parameters<EventRecorder['record']>[0]['subject'];
  /** Owners whose settings lie below its own, the strongest first. */
  readonly below: readonly string[];
  /** The service clusters whose environment it is part of. */
  readonly clusters: readonly ClusterState[];
}

/** Throws `RequestError` where there is none, or it is being deleted, or it is the platform's own. */
export function requireOwner(fleet: Fleet, principal: Principal, ref: ConfigurationRef): Owner {
  const application = requireApplication(fleet, principal, ref.tenant, ref.application, 'deployer');
  if (application.deletingSince !== null)
    throw new RequestError('CONFLICT', `application ${application.name} is being deleted`);
  if (ref.alias === undefined || ref.alias === null)
    return {
      uid: application.uid,
      tenant: application.tenant,
      name: application.name,
      subject: subjectOf.application(application),
      below: [],
      clusters: fleet
        .clustersOf(application.uid)
        .filter(({ plan, record }) => plan.component !== null && record.deletingSince === null),
    };
  const cluster = requireCluster(fleet, principal, { ...ref, alias: ref.alias }, 'deployer');
  checkThere(fleet, cluster);
  if (cluster.plan.component === null)
    throw new RequestError(
      'INVALID',
      'the load balancer is the platform’s own; name one of the application’s components',
      { field: 'alias' },
    );
  return {
    uid: cluster.record.uid,
    tenant: application.tenant,
    name: `${application.name}/${cluster.record.alias}`,
    subject: subjectOf.cluster(cluster.record),
    below: [application.uid],
    clusters: [cluster],
  };
}
