/**
 * Applies manifests. All documents of a call are checked, against each other and against what is stored, before any is stored;
 * applying the same again changes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import type { Manifest } from '../../../schema/manifests/kinds.ts';
import { parseManifests } from '../../../schema/manifests/parse.ts';
import { formatManifestError } from '../../../schema/manifests/problem.ts';
import { tenantOfApplication, wholeTenantOf } from '../access.ts';
import { checkExpected } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Provider } from '../ports/provider.ts';
import type { Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord, PolicyRecord } from '../records.ts';
import type { AppliedObject } from '../use-cases.ts';
import { checkCartridge, checkFactors, checkHostClusters, checkOnlyTenant, checkPolicy } from './checks.ts';
import type { ClusterKeeper } from './cluster-keeper.ts';

export interface ApplyInput {
  readonly manifests: string;
  readonly fileName?: string;
  readonly tenant?: string | null;
  readonly dryRun?: boolean;
  readonly expectedGeneration?: number;
}

export interface ApplyOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly keeper: ClusterKeeper;
  readonly provider: Pick<Provider, 'isolatesTenants'>;
  readonly events: EventRecorder;
  readonly now: () => number;
  readonly newUid: NewUid;
}

/** The turn of changes that concern all tenants; none can have this name. */
const EVERY_TENANT = '*';

type PolicyManifest = Extract<Manifest, { kind: 'AutoscalingPolicy' | 'DeploymentPolicy' }>;

/** What an object is to become, and what is answered about it. */
interface Next<T> {
  readonly record: T;
  readonly applied: AppliedObject;
}

interface Asked<M extends Manifest> {
  readonly manifest: M;
  readonly tenant: string;
}

export class Apply {
  readonly #options: ApplyOptions;

  constructor(options: ApplyOptions) {
    this.#options = options;
  }

  async run(principal: Principal, input: ApplyInput): Promise<AppliedObject[]> {
    const parsed = parseManifests(input.manifests, input.fileName ?? 'manifest');
    if (!parsed.ok) {
      const text = parsed.errors.map(formatManifestError).join('\n');
      throw new RequestError('INVALID', text, { field: parsed.errors[0]?.field ?? '' });
    }
    const objects = parsed.manifests.map((manifest) => ({
      manifest,
      tenant: tenantAsked(principal, manifest, input.tenant),
    }));
    const tenants = objects.map(({ tenant }) => tenant);
    // Where only one tenant may have instances, two must not become the first at once.
    const turns = this.#options.provider.isolatesTenants ? tenants : [...tenants, EVERY_TENANT];
    return this.#options.keeper.exclusively(turns, () => this.#apply(objects, input));
  }

  async #apply(objects: readonly Asked<Manifest>[], input: ApplyInput): Promise<AppliedObject[]> {
    const policies = objects.filter((object): object is Asked<PolicyManifest> =>
      object.manifest.kind.endsWith('Policy'),
    );
    const applications = objects.filter(
      (object): object is Asked<ApplicationManifest> => object.manifest.kind === 'Application',
    );
    for (const { tenant } of objects) await this.#checkTenant(tenant);
    if (!this.#options.provider.isolatesTenants)
      checkOnlyTenant(
        applications.map(({ tenant }) => tenant),
        [...this.#options.fleet.clusters()].map(({ record }) => record.tenant),
      );
    if (objects.some(({ manifest }) => manifest.kind === 'Cartridge')) {
      throw new RequestError(
        'INVALID',
        'cartridges are installed as folders beside the control plane; applying a Cartridge is not supported yet',
      );
    }
    for (const { manifest, tenant } of policies) await this.#checkPolicy(manifest, tenant, input);
    for (const { manifest, tenant } of applications) await this.#checkApplication(manifest, tenant, policies, input);
    const nextPolicies: Next<PolicyRecord>[] = [];
    for (const { manifest, tenant } of policies) nextPolicies.push(await this.#nextPolicy(manifest, tenant));
    const nextApplications = applications.map(({ manifest, tenant }) => this.#nextApplication(manifest, tenant));
    const results = [...nextPolicies, ...nextApplications].map(({ applied }) => applied);
    if (input.dryRun === true) return results;
    await this.#store(nextPolicies, nextApplications, results);
    // Also when nothing changed: a crash may have come between a manifest and its service clusters. Policies once for all of them.
    for (const tenant of new Set(policies.map(({ tenant }) => tenant)))
      await this.#options.keeper.policyChanged(tenant);
    for (const { record } of nextApplications) await this.#options.keeper.keep(record);
    return results;
  }

  /** All of them or none, with what tells of them. */
  async #store(
    policies: readonly Next<PolicyRecord>[],
    applications: readonly Next<ApplicationRecord>[],
    results: readonly AppliedObject[],
  ): Promise<void> {
    const { fleet, events } = this.#options;
    const changed = <T>({ applied }: Next<T>): boolean => applied.result !== 'unchanged';
    await events.change(
      async (tx) => {
        for (const { record } of policies.filter(changed)) await tx.policies.save(record);
        for (const { record } of applications.filter(changed)) await tx.applications.save(record);
        await tx.answer(results);
      },
      ...policies.filter(changed).map(({ record, applied }) => ({
        tenant: record.tenant,
        subject: { kind: record.kind, uid: record.uid, name: record.name },
        type: `policy.${applied.result}`,
      })),
      ...applications.filter(changed).map(({ record, applied }) => ({
        tenant: record.tenant,
        subject: subjectOf.application(record),
        type: `application.${applied.result}`,
        data: { generation: record.generation },
      })),
    );
    for (const { record } of applications.filter(changed)) fleet.applications.set(record.uid, record);
  }

  async #checkTenant(tenant: string): Promise<void> {
    const [found] = await this.#options.store.tenants.find({ name: tenant });
    if (found === undefined)
      throw new RequestError('NOT_FOUND', `there is no tenant "${tenant}"`, { field: 'metadata.tenant' });
    if (found.deletingSince !== null) throw new RequestError('CONFLICT', `the tenant ${tenant} is being deleted`);
  }

  async #checkPolicy(manifest: PolicyManifest, tenant: string, input: ApplyInput): Promise<void> {
    const { store, keeper } = this.#options;
    const { kind, metadata } = manifest;
    const [present] = await store.policies.find({ tenant, kind, name: metadata.name });
    checkExpected(`${kind} ${metadata.name}`, present?.generation ?? 0, input.expectedGeneration);
    if (manifest.kind === 'DeploymentPolicy') checkHostClusters(manifest, keeper.provider);
    else checkFactors(manifest.spec, 'spec');
  }

  async #checkApplication(
    manifest: ApplicationManifest,
    tenant: string,
    policies: readonly Asked<PolicyManifest>[],
    input: ApplyInput,
  ): Promise<void> {
    const { store, fleet } = this.#options;
    const present = fleet.application(tenant, manifest.metadata.name);
    checkExpected(`application ${manifest.metadata.name}`, present?.generation ?? 0, input.expectedGeneration);
    if (present !== undefined && present.deletingSince !== null) {
      throw new RequestError('CONFLICT', `application ${present.name} is being deleted; apply again once it is gone`);
    }
    const cartridges = await store.cartridges.find({});
    const stored = await store.policies.find({ tenant });
    const named = new Set([
      ...stored.map((policy) => `${policy.kind}/${policy.name}`),
      ...policies
        .filter((policy) => policy.tenant === tenant)
        .map(({ manifest: policy }) => `${policy.kind}/${policy.metadata.name}`),
    ]);
    for (const [index, component] of manifest.spec.components.entries()) {
      if (component.kind !== 'cartridge') continue;
      const at = `spec.components[${index}]`;
      checkCartridge(component.cartridge, cartridges, `${at}.cartridge`);
      const running = fleet.clusterByKey({ tenant, application: manifest.metadata.name, alias: component.alias });
      if (running !== undefined && running.record.cartridge !== component.cartridge) {
        throw new RequestError(
          'INVALID',
          `${at}.cartridge: ${component.alias} runs on ${running.record.cartridge}; another cartridge needs another alias`,
          { field: `${at}.cartridge` },
        );
      }
      if (component.alias === this.#options.keeper.balancerAlias) {
        throw new RequestError(
          'INVALID',
          `${at}.alias: "${component.alias}" is the platform's own alias for the load balancer; choose another`,
          { field: `${at}.alias` },
        );
      }
      if (typeof component.autoscaling === 'string')
        checkPolicy(named, 'AutoscalingPolicy', component.autoscaling, `${at}.autoscaling`);
      else if (component.autoscaling !== undefined) checkFactors(component.autoscaling, `${at}.autoscaling`);
      if (component.deployment !== undefined)
        checkPolicy(named, 'DeploymentPolicy', component.deployment, `${at}.deployment`);
    }
  }

  async #nextPolicy(manifest: PolicyManifest, tenant: string): Promise<Next<PolicyRecord>> {
    const { store, now, newUid } = this.#options;
    const { kind, metadata } = manifest;
    const [present] = await store.policies.find({ tenant, kind, name: metadata.name });
    const result = outcome(present?.manifest, manifest);
    const record: PolicyRecord = {
      uid: present?.uid ?? newUid(now()),
      tenant,
      name: metadata.name,
      kind,
      generation: (present?.generation ?? 0) + (result === 'unchanged' ? 0 : 1),
      updatedAt: now(),
      manifest,
    };
    return { record, applied: { kind, name: metadata.name, uid: record.uid, result } };
  }

  #nextApplication(manifest: ApplicationManifest, tenant: string): Next<ApplicationRecord> {
    const { fleet, now, newUid } = this.#options;
    const present = fleet.application(tenant, manifest.metadata.name);
    const result = outcome(present?.manifest, manifest);
    const record = nextApplication(present, manifest, tenant, result, { now: now(), newUid });
    return { record, applied: { kind: 'Application', name: record.name, uid: record.uid, result } };
  }
}

function tenantAsked(principal: Principal, manifest: Manifest, named: string | null | undefined): string {
  const { name, tenant = named } = manifest.metadata;
  return manifest.kind === 'Application'
    ? tenantOfApplication(principal, tenant, name, 'deployer')
    : wholeTenantOf(principal, tenant, 'deployer');
}

function nextApplication(
  present: ApplicationRecord | undefined,
  manifest: ApplicationManifest,
  tenant: string,
  result: AppliedObject['result'],
  { now, newUid }: { now: number; newUid: NewUid },
): ApplicationRecord {
  if (present !== undefined && result === 'unchanged') return present;
  return {
    uid: present?.uid ?? newUid(now),
    tenant,
    name: manifest.metadata.name,
    generation: (present?.generation ?? 0) + 1,
    createdAt: present?.createdAt ?? now,
    updatedAt: now,
    deletingSince: null,
    manifest,
  };
}

function outcome(present: unknown, next: unknown): AppliedObject['result'] {
  if (present === undefined) return 'created';
  // Through JSON, as that is how it was stored: absent and undefined are the same.
  return isDeepStrictEqual(JSON.parse(JSON.stringify(present)), JSON.parse(JSON.stringify(next)))
    ? 'unchanged'
    : 'changed';
}
