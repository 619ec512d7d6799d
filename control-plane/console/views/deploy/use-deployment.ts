/** Follows a deployment: its build, its service cluster, and the load balancer in front of it. */
import type { BuildLog } from '../../components/rollouts/build-log.ts';
import { knownOf, useBuild } from '../../components/rollouts/use-build.ts';
import {
  DeployBalancer,
  DeployCluster,
  type DeployBalancerSubscription,
  type DeployClusterSubscription,
  type DeployedApplicationFragment,
} from '../../generated/operations.ts';
import type { Refused } from '../../live/refused.ts';
import { useLive, type Live } from '../../live/use-live.ts';
import { useTenant } from '../../shell/tenant.ts';
import { BALANCER_ALIAS, progressOf, type Cluster, type Progress } from './progress.ts';

export interface Deployment {
  /** Null: not known yet. */
  readonly log: BuildLog | null;
  readonly cluster: Cluster | null;
  readonly progress: Progress;
  readonly refused: readonly Refused[];
}

/** @param build uid */
export function useDeployment(application: string, alias: string, build: string): Deployment {
  const tenant = useTenant();
  const builds = useBuild(build);
  const clusters = useLive(DeployCluster, { variables: { ref: { tenant, application, alias } }, apply: clusterIn });
  // Where there is none it is refused, and the address is known without it.
  const balancers = useLive(DeployBalancer, {
    variables: { ref: { tenant, application, alias: BALANCER_ALIAS } },
    apply: applicationIn,
  });
  const log = knownOf(builds);
  const cluster = knownOf(clusters);
  return {
    log,
    cluster,
    progress: progressOf({ alias, build: log?.build ?? null, cluster, application: newest(clusters, balancers) }),
    refused: [builds, clusters].flatMap((live) => (live.kind === 'refused' ? [live.error] : [])),
  };
}

function clusterIn(_before: Cluster | undefined, { serviceCluster }: DeployClusterSubscription): Cluster {
  return serviceCluster;
}

type Application = DeployedApplicationFragment | null;

function applicationIn(_before: Application | undefined, { serviceCluster }: DeployBalancerSubscription): Application {
  return serviceCluster.serviceCluster.application;
}

/** Both tell of the application: who spoke last knows it best. */
function newest(clusters: Live<Cluster>, balancers: Live<Application>): Application {
  const own = clusters.kind === 'live' ? clusters : null;
  if (balancers.kind !== 'live') return own?.state.serviceCluster.application ?? null;
  if (own === null || balancers.heardAt > own.heardAt) return balancers.state;
  return own.state.serviceCluster.application;
}
