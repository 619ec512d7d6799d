/**
 * Keeps the service clusters of an application equal to its manifest: one an alias, and the load balancer's where a component
 * has an HTTP port. Level-triggered, so a crash in the middle is made up for by the next call.
 */
import { isDeepStrictEqual } from 'node:util';
import { newUid } from '../../../schema/ids.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import { ClusterState, type ClusterPlan } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Releases } from '../deploy/releases.ts';
import type { Store } from '../ports/store.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { ApplicationRecord, ClusterRecord } from '../records.ts';
import { makePlan, type PlanContext } from './plan.ts';

export interface ClusterKeeperOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly releases: Releases;
  readonly publisher: Publisher;
  readonly events: EventRecorder;
  readonly provider: 'process' | 'kubernetes';
  readonly balancerAlias: string;
  readonly balancerCartridge: string;
  /** Finds a port for a load balancer that is not one of these. */
  readonly findPublicPort: (taken: readonly number[]) => Promise<number>;
  readonly markDirty: (cluster: ClusterState) => void;
  readonly now: () => number;
}

export class ClusterKeeper {
  readonly #options: ClusterKeeperOptions;

  constructor(options: ClusterKeeperOptions) {
    this.#options = options;
  }

  get balancerAlias(): string {
    return this.#options.balancerAlias;
  }

  async keep(application: ApplicationRecord): Promise<void> {
    const { fleet, markDirty } = this.#options;
    const context = await this.#context(application);
    const aliases = this.#aliases(application, context);
    for (const alias of aliases) {
      const plan = makePlan(application, alias, context);
      const present = fleet.clustersOf(application.uid).find((cluster) => cluster.record.alias === alias);
      if (present === undefined) await this.#create(application, alias, plan);
      else await present.serial.run(() => this.#change(present, plan));
    }
    for (const cluster of fleet.clustersOf(application.uid)) {
      if (aliases.includes(cluster.record.alias)) continue;
      await cluster.serial.run(() => this.markDeleting(cluster));
      markDirty(cluster);
    }
  }

  /** Every service cluster of a tenant takes its policies from the store again. */
  async policyChanged(tenant: string): Promise<void> {
    for (const application of this.#options.fleet.applications.values()) {
      if (application.tenant === tenant && application.deletingSince === null) await this.keep(application);
    }
  }

  /** The run-time state of a stored service cluster, as the control plane starts. */
  async restore(application: ApplicationRecord, record: ClusterRecord): Promise<ClusterState> {
    const context = await this.#context(application);
    const plan = makePlan(application, record.alias, context);
    const cluster = new ClusterState(record, plan);
    this.#options.fleet.addCluster(cluster);
    return cluster;
  }

  async markDeleting(cluster: ClusterState): Promise<void> {
    if (cluster.record.deletingSince !== null) return;
    const record: ClusterRecord = {
      ...cluster.record,
      deletingSince: this.#options.now(),
      generation: cluster.record.generation + 1,
    };
    await this.#options.store.clusters.save(record);
    cluster.record = record;
    this.#options.events.record({
      tenant: record.tenant,
      subject: subjectOf.cluster(record),
      type: 'cluster.deleting',
    });
    cluster.changed.notify();
  }

  #aliases(application: ApplicationRecord, context: PlanContext): string[] {
    const components = application.manifest.spec.components.flatMap((component) =>
      component.kind === 'cartridge' ? [component] : [],
    );
    const servesHttp = components.some((component) =>
      context.cartridges
        .find((cartridge) => cartridge.name === component.cartridge)
        ?.manifest.spec.ports.some((port) => port.protocol === 'http'),
    );
    return [...components.map((component) => component.alias), ...(servesHttp ? [this.#options.balancerAlias] : [])];
  }

  async #context(application: ApplicationRecord): Promise<PlanContext> {
    const { store, provider, balancerAlias, balancerCartridge } = this.#options;
    return {
      cartridges: await store.cartridges.find({}),
      policies: await store.policies.find({ tenant: application.tenant }),
      provider,
      balancerAlias,
      balancerCartridge,
    };
  }

  async #create(application: ApplicationRecord, alias: string, plan: ClusterPlan): Promise<void> {
    const { store, fleet, events, now, releases, markDirty } = this.#options;
    const isBalancer = alias === this.#options.balancerAlias;
    const publicPort = isBalancer
      ? await this.#options.findPublicPort([...fleet.clusters()].flatMap((cluster) => cluster.record.publicPort ?? []))
      : null;
    const record: ClusterRecord = {
      uid: newUid(now()),
      tenant: application.tenant,
      application: application.name,
      applicationUid: application.uid,
      alias,
      cartridge: plan.cartridge.name,
      generation: 1,
      createdAt: now(),
      deletingSince: null,
      wanted: 0,
      epoch: 0,
      desiredGeneration: 0,
      topologyGeneration: 0,
      stableRelease: null,
      candidateRelease: null,
      publicPort,
      override: null,
      paused: null,
      shadow: plan.effective.shadow,
      startSeconds: [],
    };
    await store.clusters.save(record);
    const cluster = new ClusterState(record, plan);
    fleet.addCluster(cluster);
    events.record({ tenant: record.tenant, subject: subjectOf.cluster(record), type: 'cluster.created' });
    // What needs no artifact can run at once.
    if (!plan.spec.artifact.required)
      await cluster.serial.run(() =>
        releases.create(cluster, { artifact: null, source: null, build: null, by: 'platform' }),
      );
    markDirty(cluster);
  }

  async #change(cluster: ClusterState, plan: ClusterPlan): Promise<void> {
    const { releases, publisher, markDirty } = this.#options;
    const before = cluster.plan;
    if (isDeepStrictEqual(before, plan) && cluster.record.deletingSince === null) return;
    cluster.plan = plan;
    if (cluster.record.deletingSince !== null || before.effective.shadow !== plan.effective.shadow) {
      const record: ClusterRecord = {
        ...cluster.record,
        deletingSince: null,
        shadow: plan.effective.shadow,
        generation: cluster.record.generation + 1,
      };
      await this.#options.store.clusters.save(record);
      cluster.record = record;
    }
    const stable = cluster.pending ?? cluster.candidate ?? cluster.stable;
    const configuration = (of: ClusterPlan) => [
      of.component?.environment,
      of.component?.start,
      of.component?.readiness,
      of.cartridge.name,
    ];
    if (stable !== null && !isDeepStrictEqual(configuration(before), configuration(plan))) {
      await releases.create(cluster, {
        artifact: stable.artifact,
        source: stable.source,
        build: stable.build,
        by: 'apply',
      });
    }
    await publisher.publish(cluster);
    cluster.changed.notify();
    markDirty(cluster);
  }
}
