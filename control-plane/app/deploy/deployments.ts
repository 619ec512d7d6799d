/**
 * `deploy`: a source is built and rolled out, and the manifests that go with it are applied. Everything that can refuse it is
 * asked first (the Git host, too), so that what is refused leaves nothing: no application, no load balancer, no changed manifest.
 */
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import { parseManifests } from '../../../schema/manifests/parse.ts';
import { tenantOfApplication } from '../access.ts';
import type { Apply } from '../apply/apply.ts';
import type { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { checkNotBlocked, requireCluster } from '../ask/scope.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Serial } from '../fleet/serial.ts';
import type { ArtifactStore } from '../ports/artifacts.ts';
import type { Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { Quotas } from '../tenants/quotas.ts';
import type { ClusterRef, Deployment, Manifests } from '../use-cases.ts';
import type { GitPoller } from './git-poller.ts';
import type { Pipeline } from './pipeline.ts';
import type { Origin } from './same-tree.ts';

export interface DeploymentsOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly apply: Apply;
  readonly keeper: Pick<ClusterKeeper, 'checkUsable'>;
  readonly pipeline: Pipeline;
  readonly poller: Pick<GitPoller, 'origin' | 'originOf'>;
  readonly artifacts: Pick<ArtifactStore, 'path'>;
  readonly quotas: Pick<Quotas, 'checkInstances'>;
  readonly disk: Pick<DiskWatch, 'check'>;
  /** Closed while old uploads are removed. */
  readonly gate: Serial;
  readonly now: () => number;
}

export interface DeployRequest extends ClusterRef {
  /** Absent: the present commit of the component's Git source. */
  readonly uploadDigest?: string;
  /** Applied with it; one of them is the application's. */
  readonly manifests?: Manifests;
}

export class Deployments {
  readonly #options: DeploymentsOptions;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
  }

  /** Answers as soon as the build is queued. Throws `RequestError` and `SourceError`; then nothing was changed. */
  async deploy(principal: Principal, request: DeployRequest): Promise<Deployment> {
    const { fleet, apply, pipeline, quotas, disk } = this.#options;
    const { manifests } = request;
    if (manifests === undefined) {
      const cluster = requireCluster(fleet, principal, request, 'deployer');
      this.#checkTakes(cluster);
      await this.#options.keeper.checkUsable(cluster.record.cartridge);
      checkNotBlocked(fleet, cluster);
      await disk.check();
      // Its first release would start nothing: said now, and not by an instance that never comes.
      if (cluster.record.wanted === 0 && cluster.stable === null) await quotas.checkInstances(cluster, 1);
      const { tenant } = cluster.record;
      return pipeline.submit(cluster, await this.#origin(principal, tenant, request, cluster.plan.component, cluster));
    }
    const tenant = tenantOfApplication(principal, request.tenant, request.application, 'deployer');
    const input = { ...manifests, tenant, isPart: true };
    await apply.run(principal, { ...input, dryRun: true });
    await disk.check();
    await pipeline.check(tenant);
    const present = fleet.clusterByKey({ tenant, application: request.application, alias: request.alias });
    if (present !== undefined) {
      this.#checkTakes(present);
      if (present.record.wanted === 0 && present.stable === null) await quotas.checkInstances(present, 1);
    }
    // Not in the tenant's turn: a slow host delays nobody else's changes.
    const origin = await this.#origin(principal, tenant, request, componentOf(request, manifests, tenant));
    await apply.run(principal, input);
    return pipeline.submit(requireCluster(fleet, principal, { ...request, tenant }, 'deployer'), origin);
  }

  #checkTakes(cluster: ClusterState): void {
    if (cluster.isLoadBalancer)
      throw new RequestError(
        'INVALID',
        'the load balancer is the platform’s own; deploy to one of the application’s components',
        { field: 'alias' },
      );
    if (cluster.record.deletingSince !== null)
      throw new RequestError('CONFLICT', `${cluster.keyText} is being deleted`);
  }

  async #origin(
    principal: Principal,
    tenant: string,
    { application, alias, uploadDigest }: DeployRequest,
    component: CartridgeComponent | null,
    cluster?: ClusterState,
  ): Promise<Origin> {
    if (uploadDigest !== undefined) return this.#uploaded(principal, tenant, uploadDigest);
    const git = component?.source?.git;
    const { poller } = this.#options;
    if (git !== undefined) return cluster === undefined ? poller.origin(tenant, git) : poller.originOf(cluster, git);
    throw new RequestError(
      'INVALID',
      `${tenant}/${application}/${alias} has no Git source; upload a tree with "cartwright deploy DIR" or add source.git to the component`,
    );
  }

  /** Only what this tenant uploaded: whoever knows a digest has not therefore the tree. */
  async #uploaded({ name }: Principal, tenant: string, digest: string): Promise<Origin> {
    const { store, artifacts, gate, now } = this.#options;
    const stored = await gate.run(async () => {
      const [found] = await store.uploads.find({ tenant, digest }, { newestFirst: true, limit: 1 });
      if (found === undefined || (await artifacts.path(found.digest)) === undefined)
        throw new RequestError('NOT_FOUND', `no upload ${digest} is stored; upload the tree first`, {
          field: 'uploadDigest',
        });
      // As good as uploaded now: it stays until its build is recorded.
      await store.uploads.save({ ...found, createdAt: now() });
      return found;
    });
    return { kind: 'upload', digest: stored.digest, bytes: stored.bytes, by: name };
  }
}

/** The component in manifests that were found valid. Throws `RequestError` INVALID where they have none for the request. */
function componentOf(
  { application, alias }: DeployRequest,
  { manifests, fileName = 'manifest' }: Manifests,
  owner: string,
): CartridgeComponent {
  const parsed = parseManifests(manifests, fileName);
  for (const manifest of parsed.ok ? parsed.manifests : []) {
    if (manifest.kind !== 'Application') continue;
    const { name, tenant = owner } = manifest.metadata;
    if (name !== application || tenant !== owner) continue;
    for (const component of manifest.spec.components)
      if (component.kind === 'cartridge' && component.alias === alias) return component;
  }
  throw new RequestError(
    'INVALID',
    `${fileName} holds no component "${alias}" of an application "${application}" of the tenant ${owner}`,
    { field: 'manifests' },
  );
}
