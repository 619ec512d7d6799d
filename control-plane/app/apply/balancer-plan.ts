/** How many load balancers an application has in Kubernetes, and where. Pure. */
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import type { DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import { DEFAULT_PARTITION } from '../../domain/placement/placement.ts';

/** One that serves while the other is replaced or its node is lost. */
const BALANCERS_PER_HOST_CLUSTER = 2;

export interface BalancerPlan {
  readonly instances: number;
  /** Null: wherever instances without a deployment policy go. */
  readonly placement: DeploymentPolicySpec | null;
}

/**
 * Two in each host cluster that the components' deployment policies name, in their order, whether or not an instance overflowed to
 * there already: where a host cluster is lost, the balancers of the others are running. Two in all where a component has no policy.
 *
 * @param placements of the components that serve HTTP; null for one without a deployment policy
 */
export function planBalancers(placements: readonly (DeploymentPolicySpec | null)[]): BalancerPlan {
  const named = placements.flatMap(
    (placement) => placement?.partitions.map(({ hostCluster }) => hostCluster) ?? [null],
  );
  const hostClusters = [...new Set(named)].filter((name) => name !== null);
  if (hostClusters.length === 0 || named.includes(null))
    return { instances: BALANCERS_PER_HOST_CLUSTER, placement: null };
  return {
    instances: BALANCERS_PER_HOST_CLUSTER * hostClusters.length,
    placement: {
      algorithm: 'round-robin',
      partitions: hostClusters.map((hostCluster) => ({ name: DEFAULT_PARTITION, hostCluster })),
    },
  };
}

/** Components whose cartridge has a port that load balancers pass requests on to. */
export function servingHttp(
  components: readonly CartridgeComponent[],
  cartridges: readonly {
    readonly name: string;
    readonly manifest: { readonly spec: { readonly ports: readonly { readonly protocol: string }[] } };
  }[],
): CartridgeComponent[] {
  const serving = new Set(
    cartridges.flatMap(({ name, manifest }) =>
      manifest.spec.ports.some(({ protocol }) => protocol === 'http') ? [name] : [],
    ),
  );
  return components.filter(({ cartridge }) => serving.has(cartridge));
}
