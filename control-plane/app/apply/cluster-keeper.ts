/**
 * Keeps the service clusters of an application equal to its manifest: one an alias, and the load balancer's where a component
 * has an HTTP port. Level-triggered, so a crash in the middle is made up for by the next call.
 */
import { isDeepStrictEqual } from 'node:util';
import { RequestError, type CartwrightError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import { ClusterState, type ClusterPlan } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { Serial } from '../fleet/serial.ts';
import type { Releases } from '../deploy/releases.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Runtimes } from '../ports/runtimes.ts';
import type { Store } from '../ports/store.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Removal } from '../reconcile/remove.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import { servingHttp } from './balancer-plan.ts';
import { makePlan, standInPlan, type PlanContext } from './plan.ts';
import { isBlocking, readStoredManifest } from './stored-manifest.ts';

export interface ClusterKeeperOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly releases: Releases;
  readonly publisher: Publisher;
  readonly removal: Removal;
  readonly events: EventRecorder;
  readonly provider: 'process' | 'kubernetes';
  readonly runtimes: Runtimes;
  readonly balancerAlias: string;
  readonly balancerCartridge: string;
  /** Finds a port for a load balancer that is not one of these. Rejects with `RequestError` PORTS_EXHAUSTED. */
  readonly findPublicPort: (taken: readonly number[]) => Promise<number>;
  readonly markDirty: (cluster: ClusterState) => void;
  /** An application that was blocked goes on. */
  readonly onUnblocked: (application: ApplicationRecord) => void;
  readonly now: () => number;
  readonly newUid: NewUid;
}

export class ClusterKeeper {
  readonly #options: ClusterKeeperOptions;
  readonly #changes = new Map<string, Serial>();

  constructor(options: ClusterKeeperOptions) {
    this.#options = options;
  }

  get balancerAlias(): string {
    return this.#options.balancerAlias;
  }

  get provider(): 'process' | 'kubernetes' {
    return this.#options.provider;
  }

  /** Changes of what tenants asked for come one after another: two at once would each make what is missing. */
  exclusively<T>(tenants: Iterable<string>, work: () => Promise<T>): Promise<T> {
    // Always in the same order, so that no two of them wait for each other.
    const [first, ...rest] = [...new Set(tenants)].sort();
    if (first === undefined) return work();
    const serial = this.#changes.get(first) ?? new Serial();
    this.#changes.set(first, serial);
    return serial.run(() => this.exclusively(rest, work));
  }

  /**
   * Makes, changes and lets go of service clusters until they are what the application asks for; none of an application that
   * is being deleted. To be called {@link exclusively}.
   */
  async keep(asked: ApplicationRecord): Promise<void> {
    const { fleet, removal, markDirty } = this.#options;
    const application = await this.#readAgain(asked);
    const plans = application.deletingSince === null ? await this.#plans(application) : new Map<string, ClusterPlan>();
    this.#unblock(application);
    for (const [alias, plan] of plans) await this.#keepOne(application, alias, plan);
    for (const cluster of fleet.clustersOf(application.uid)) {
      if (plans.has(cluster.record.alias)) continue;
      await cluster.serial.run(() => this.#markDeleting(cluster));
      markDirty(cluster);
    }
    if (application.deletingSince !== null) await removal.application(application);
  }

  /**
   * Every service cluster of a tenant takes its policies from the store again. An application that cannot does not keep the
   * others from it; the first error is thrown at the end.
   */
  async policyChanged(tenant: string): Promise<void> {
    const { fleet } = this.#options;
    const failures: unknown[] = [];
    for (const application of [...fleet.applications.values()]) {
      if (application.tenant !== tenant || application.deletingSince !== null) continue;
      await this.keep(application).catch((error: unknown) => {
        // That it is blocked was said, and is no fault of the policy.
        if (!fleet.blocked.has(application.uid)) failures.push(error);
      });
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * The run-time state of a stored service cluster, as the control plane starts. `failure`: why it cannot be planned; a plan
   * that starts nothing stands in then.
   */
  async restore(
    application: ApplicationRecord,
    record: ClusterRecord,
  ): Promise<{ readonly cluster: ClusterState; readonly failure: CartwrightError | null }> {
    const context = await this.#context(application);
    let failure: CartwrightError | null = null;
    let plan: ClusterPlan;
    try {
      plan = makePlan(application, record.alias, context);
    } catch (error) {
      if (!isBlocking(error)) throw error;
      failure = error;
      plan = standInPlan(application, record, context);
    }
    const cluster = new ClusterState(record, plan);
    this.#options.fleet.addCluster(cluster);
    return { cluster, failure };
  }

  /**
   * The service clusters of every application on one of these cartridges are planned again. One that cannot be is blocked already, or
   * will be told at its next change. Not to be called {@link exclusively}.
   */
  async cartridgesChanged(names: ReadonlySet<string>): Promise<void> {
    for (const { tenant, uid } of [...this.#options.fleet.applications.values()]) {
      await this.exclusively([tenant], async () => {
        const application = this.#options.fleet.applications.get(uid);
        const isOn = application?.manifest.spec.components.some(
          (component) => component.kind === 'cartridge' && names.has(component.cartridge),
        );
        if (application === undefined || isOn !== true || application.deletingSince !== null) return;
        await this.keep(application).catch((error: unknown) => {
          if (!isBlocking(error)) throw error;
          this.block(application, error);
        });
      });
    }
  }

  /** Those of these cartridges that no instance can run on now, by name, and why; of `cartridges`, or of those that are stored. */
  async unusable(
    named: Iterable<string>,
    cartridges?: readonly CartridgeRecord[],
  ): Promise<ReadonlyMap<string, string>> {
    return this.#whyUnusable(cartridges ?? (await this.#options.store.cartridges.find({})), new Set(named));
  }

  /** Throws `RequestError` CARTRIDGE_UNUSABLE when no instance can run on a cartridge. */
  async checkUsable(cartridge: string): Promise<void> {
    const why = (await this.unusable([cartridge])).get(cartridge);
    if (why !== undefined) throw new RequestError('CARTRIDGE_UNUSABLE', why);
  }

  /** Nothing of a blocked application is begun, ended or published until {@link keep} gets through. */
  block(application: ApplicationRecord, { code, message }: CartwrightError): void {
    const { fleet, events, now } = this.#options;
    if (application.deletingSince !== null || fleet.blocked.has(application.uid)) return;
    fleet.blocked.set(application.uid, { code, message, since: now() });
    events.record({
      tenant: application.tenant,
      subject: subjectOf.application(application),
      type: 'application.blocked',
      data: { reason: { code, message } },
    });
  }

  #unblock(application: ApplicationRecord): void {
    const { fleet, events, markDirty, onUnblocked } = this.#options;
    if (!fleet.blocked.delete(application.uid) || application.deletingSince !== null) return;
    events.record({
      tenant: application.tenant,
      subject: subjectOf.application(application),
      type: 'application.unblocked',
    });
    for (const cluster of fleet.clustersOf(application.uid)) markDirty(cluster);
    onUnblocked(application);
  }

  /** What stands for a blocked application's manifest may be nothing like it. */
  async #readAgain(application: ApplicationRecord): Promise<ApplicationRecord> {
    const { store, fleet } = this.#options;
    if (application.deletingSince !== null || !fleet.blocked.has(application.uid)) return application;
    const stored = (await store.applications.get(application.uid)) ?? application;
    const read = { ...stored, manifest: readStoredManifest(stored.manifest, 'Application') };
    fleet.applications.set(read.uid, read);
    return read;
  }

  async #markDeleting(cluster: ClusterState): Promise<void> {
    if (cluster.record.deletingSince !== null || !this.#isThere(cluster)) return;
    const record: ClusterRecord = {
      ...cluster.record,
      deletingSince: this.#options.now(),
      generation: cluster.record.generation + 1,
    };
    await this.#options.events.change((tx) => tx.clusters.save(record), {
      tenant: record.tenant,
      subject: subjectOf.cluster(record),
      type: 'cluster.deleting',
    });
    cluster.record = record;
    cluster.changed.notify();
  }

  /** Whether it was not removed while one waited for its turn. */
  #isThere(cluster: ClusterState): boolean {
    return this.#options.fleet.cluster(cluster.record.uid) === cluster;
  }

  /**
   * Throws `RequestError` PORTS_EXHAUSTED where applications that have no load balancer yet need more public ports than are free.
   *
   * @param cartridges that there are, or will be
   */
  async checkPublicPorts(
    applications: readonly ApplicationRecord[],
    cartridges: readonly CartridgeRecord[],
  ): Promise<void> {
    const { fleet, provider, findPublicPort } = this.#options;
    if (provider !== 'process') return;
    const taken = this.#publicPorts();
    for (const application of applications) {
      const isThere = fleet.balancersOf(application.uid).length > 0;
      if (!isThere && this.#aliases(application, { cartridges }).includes(this.#options.balancerAlias))
        taken.push(await findPublicPort(taken));
    }
  }

  #publicPorts(): number[] {
    return [...this.#options.fleet.clusters()].flatMap((cluster) => cluster.record.publicPort ?? []);
  }

  /** All plans before anything changes, so that one that cannot be made changes nothing. */
  async #plans(application: ApplicationRecord): Promise<Map<string, ClusterPlan>> {
    const context = await this.#context(application);
    return new Map(
      this.#aliases(application, context).map((alias) => [alias, makePlan(application, alias, context)] as const),
    );
  }

  async #keepOne(application: ApplicationRecord, alias: string, plan: ClusterPlan): Promise<void> {
    const { fleet } = this.#options;
    const present = fleet.clustersOf(application.uid).find((cluster) => cluster.record.alias === alias);
    const isKept =
      present !== undefined &&
      (await present.serial.run(async () => {
        if (!this.#isThere(present)) return false;
        await this.#change(present, plan);
        return true;
      }));
    if (!isKept) await this.#create(application, alias, plan);
  }

  #aliases(application: ApplicationRecord, context: Pick<PlanContext, 'cartridges'>): string[] {
    const components = application.manifest.spec.components.flatMap((component) =>
      component.kind === 'cartridge' ? [component] : [],
    );
    const servesHttp = servingHttp(components, context.cartridges).length > 0;
    return [...components.map((component) => component.alias), ...(servesHttp ? [this.#options.balancerAlias] : [])];
  }

  async #context(application: ApplicationRecord): Promise<PlanContext> {
    const { store, provider, balancerAlias, balancerCartridge, runtimes } = this.#options;
    const named = application.manifest.spec.components.flatMap((component) =>
      component.kind === 'cartridge' ? [component.cartridge] : [],
    );
    const cartridges = await store.cartridges.find({});
    return {
      cartridges,
      unusable: await this.#whyUnusable(cartridges, new Set([...named, balancerCartridge])),
      policies: await store.policies.find({ tenant: application.tenant }),
      provider,
      balancerAlias,
      balancerCartridge,
      imageOf: (manifest) => runtimes.imageOf?.(manifest),
    };
  }

  async #whyUnusable(
    cartridges: readonly CartridgeRecord[],
    named: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const { name, manifest } of cartridges) {
      const why = named.has(name) ? await this.#options.runtimes.whyUnusable(manifest) : undefined;
      if (why !== undefined) found.set(name, why);
    }
    return found;
  }

  async #create(application: ApplicationRecord, alias: string, plan: ClusterPlan): Promise<void> {
    const { fleet, events, now, newUid, releases, markDirty } = this.#options;
    const isBalancer = alias === this.#options.balancerAlias;
    const publicPort =
      isBalancer && this.#options.provider === 'process'
        ? await this.#options.findPublicPort(this.#publicPorts())
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
      stopped: null,
      shadow: plan.effective.shadow,
      startSeconds: [],
    };
    await events.change((tx) => tx.clusters.save(record), {
      tenant: record.tenant,
      subject: subjectOf.cluster(record),
      type: 'cluster.created',
    });
    const cluster = new ClusterState(record, plan);
    fleet.addCluster(cluster);
    await cluster.serial.run(() => releases.ensure(cluster));
    markDirty(cluster);
  }

  async #change(cluster: ClusterState, plan: ClusterPlan): Promise<void> {
    const { store, releases, publisher, markDirty } = this.#options;
    const before = cluster.plan;
    const isSame = isDeepStrictEqual(before, plan) && cluster.record.deletingSince === null;
    if (cluster.record.deletingSince !== null || before.effective.shadow !== plan.effective.shadow) {
      const record: ClusterRecord = {
        ...cluster.record,
        deletingSince: null,
        shadow: plan.effective.shadow,
        generation: cluster.record.generation + 1,
      };
      await store.clusters.save(record);
      cluster.record = record;
    }
    cluster.plan = plan;
    // Also when the plan is the same: a crash may have come between the manifest and its release.
    const release = await releases.ensure(cluster);
    if (isSame && release === null) return;
    await publisher.publish(cluster);
    cluster.changed.notify();
    markDirty(cluster);
  }
}
