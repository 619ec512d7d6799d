/** What tenants use of their quotas, and the refusals when it is too much. */
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { TenantQuota } from '../records/tenants.ts';

/** What the fleet says of a tenant; builds and logs are counted by those who have them. */
export type FleetUse = Pick<TenantQuota, 'instances' | 'applications' | 'memoryBytes'>;

/** A manifest, and the application of its name as it is. */
export interface AskedApplication {
  readonly manifest: ApplicationManifest;
  readonly present: ApplicationRecord | undefined;
}

export interface QuotasOptions {
  readonly fleet: Fleet;
  /** What a tenant's one-off tasks use; each counts as an instance. */
  readonly tasks: (tenant: string) => Pick<FleetUse, 'instances' | 'memoryBytes'>;
  /** The quota as it is now; of a tenant that is not there: nothing. */
  readonly quotaOf: (tenant: string) => Promise<TenantQuota>;
  /** As {@link quotaOf}, at most a few seconds old: for the decisions of every second. */
  readonly recentQuotaOf: (tenant: string) => Promise<TenantQuota>;
  /** Cartridge of the load balancers that the platform adds to applications with an HTTP port. */
  readonly balancerCartridge: string;
}

export class Quotas {
  readonly #options: QuotasOptions;

  constructor(options: QuotasOptions) {
    this.#options = options;
  }

  /** Wanted instances, not running ones: what is asked for counts at once. `except`: leave this service cluster out. */
  use(tenant: string, except?: ClusterState): FleetUse {
    const { fleet } = this.#options;
    let { instances, memoryBytes } = this.#options.tasks(tenant);
    for (const cluster of fleet.clusters()) {
      if (cluster === except || cluster.record.tenant !== tenant) continue;
      instances += cluster.record.wanted;
      memoryBytes += cluster.record.wanted * cluster.plan.spec.resources.memoryBytes;
    }
    const applications = [...fleet.applications.values()].filter((application) => application.tenant === tenant).length;
    return { instances, applications, memoryBytes };
  }

  /** Instances that the quotas (of instances, of memory) leave to a service cluster; for deciding. */
  async left(cluster: ClusterState): Promise<number> {
    return this.#left(cluster, await this.#options.recentQuotaOf(cluster.record.tenant));
  }

  /** Throws QUOTA_EXCEEDED when a service cluster may not have so many instances. */
  async checkInstances(cluster: ClusterState, instances: number): Promise<void> {
    const { tenant } = cluster.record;
    const quota = await this.#options.quotaOf(tenant);
    if (instances <= this.#left(cluster, quota)) return;
    const others = this.use(tenant, cluster);
    const memoryBytes = instances * cluster.plan.spec.resources.memoryBytes;
    refuse(tenant, quota, others, { instances, memoryBytes, applications: 0 });
  }

  /** Throws QUOTA_EXCEEDED when there is no room for a one-off task beside all that runs. */
  async checkTask({ record: { tenant }, plan }: ClusterState): Promise<void> {
    const { memoryBytes } = plan.spec.resources;
    refuse(tenant, await this.#options.quotaOf(tenant), this.use(tenant), {
      instances: 1,
      memoryBytes,
      applications: 0,
    });
  }

  /**
   * Throws QUOTA_EXCEEDED when there is no room for what manifests add: new applications, and one instance of each new component.
   * What they take away makes room.
   */
  async checkApplications(
    tenant: string,
    asked: readonly AskedApplication[],
    cartridges: readonly CartridgeRecord[],
  ): Promise<void> {
    const { fleet, balancerCartridge } = this.#options;
    const used = { ...this.use(tenant) };
    const need = { instances: 0, applications: 0, memoryBytes: 0 };
    for (const { manifest, present } of asked) {
      if (present === undefined) need.applications += 1;
      const clusters = present === undefined ? [] : fleet.clustersOf(present.uid);
      const parts = partsOf(manifest, cartridges, balancerCartridge);
      for (const { record, plan } of clusters) {
        if (parts.some((part) => isOf(part, record))) continue;
        used.instances -= record.wanted;
        used.memoryBytes -= record.wanted * plan.spec.resources.memoryBytes;
      }
      for (const part of parts) {
        if (clusters.some(({ record }) => isOf(part, record))) continue;
        need.instances += 1;
        need.memoryBytes += part.memoryBytes;
      }
    }
    if (need.applications + need.instances > 0) refuse(tenant, await this.#options.quotaOf(tenant), used, need);
  }

  #left(cluster: ClusterState, quota: TenantQuota): number {
    const others = this.use(cluster.record.tenant, cluster);
    const { memoryBytes } = cluster.plan.spec.resources;
    const byMemory = Math.floor((quota.memoryBytes - others.memoryBytes) / Math.max(1, memoryBytes));
    return Math.max(0, Math.min(quota.instances - others.instances, byMemory));
  }
}

/** What a manifest makes a service cluster of. */
interface Part {
  /** Null: the load balancer, which has the platform's own. */
  readonly alias: string | null;
  readonly cartridge: string;
  /** Declared for one instance. */
  readonly memoryBytes: number;
}

function isOf({ alias, cartridge }: Part, record: ClusterRecord): boolean {
  return alias === null ? record.cartridge === cartridge : record.alias === alias;
}

/** Each component, and the load balancer where one is added. */
function partsOf({ spec }: ApplicationManifest, cartridges: readonly CartridgeRecord[], balancer: string): Part[] {
  const specOf = (name: string) => cartridges.find((cartridge) => cartridge.name === name)?.manifest.spec;
  const components = spec.components.flatMap((component) => (component.kind === 'cartridge' ? [component] : []));
  const parts = components.map(({ alias, cartridge, resources }): Part => ({
    alias,
    cartridge,
    memoryBytes: resources?.memoryBytes ?? specOf(cartridge)?.resources.memoryBytes ?? 0,
  }));
  const servesHttp = components.some(({ cartridge }) =>
    specOf(cartridge)?.ports.some(({ protocol }) => protocol === 'http'),
  );
  if (!servesHttp) return parts;
  return [...parts, { alias: null, cartridge: balancer, memoryBytes: specOf(balancer)?.resources.memoryBytes ?? 0 }];
}

const WORDS: Readonly<Record<keyof FleetUse, string>> = {
  instances: 'instances',
  applications: 'applications',
  memoryBytes: 'bytes of memory',
};

function refuse(tenant: string, quota: TenantQuota, used: FleetUse, more: FleetUse): void {
  for (const part of ['applications', 'instances', 'memoryBytes'] as const) {
    if (more[part] === 0 || used[part] + more[part] <= quota[part]) continue;
    throw quotaExceeded(
      tenant,
      `${used[part]} ${WORDS[part]} are used and ${more[part]} more are asked for`,
      quota[part],
    );
  }
}

/** What is used and what is allowed, as a refusal. */
export function quotaExceeded(tenant: string, used: string, allowed: number): RequestError {
  return new RequestError(
    'QUOTA_EXCEEDED',
    `the quota of the tenant ${tenant} does not allow it: ${used}; ${allowed} are allowed. Use less, or ask an operator for more`,
  );
}
