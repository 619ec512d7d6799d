/**
 * Applies manifests. All documents of a call are checked, against each other and against what is stored, before any is stored;
 * applying the same again changes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import type { Manifest } from '../../../schema/manifests/kinds.ts';
import { parseManifests, type ParsedManifests } from '../../../schema/manifests/parse.ts';
import { formatManifestError, type ManifestError, type Problem } from '../../../schema/manifests/problem.ts';
import { isOperator, tenantOfApplication, wholeTenantOf } from '../access.ts';
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
import type { Quotas } from '../tenants/quotas.ts';
import type { AppliedObject } from '../use-cases.ts';
import {
  checkComponent,
  checkFactors,
  checkHostClusters,
  checkOnlyTenant,
  NO_CARTRIDGES,
  referenceProblem,
} from './checks.ts';
import { checkSource, type SourceChecks } from './check-source.ts';
import type { ClusterKeeper } from './cluster-keeper.ts';

export interface ApplyInput {
  readonly manifests: string;
  readonly fileName?: string;
  readonly tenant?: string | null;
  readonly dryRun?: boolean;
  readonly expectedGeneration?: number;
}

interface CheckedInput extends ApplyInput {
  /** Repositories in folders of this machine. */
  readonly mayUseFolders: boolean;
}

export interface ApplyOptions extends SourceChecks {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly keeper: ClusterKeeper;
  readonly quotas: Pick<Quotas, 'checkApplications'>;
  readonly provider: Pick<Provider, 'isolatesTenants'>;
  readonly events: EventRecorder;
  readonly now: () => number;
  readonly newUid: NewUid;
}

/** The turn of changes that concern all tenants; none can have this name. */
const EVERY_TENANT = '*';

type Locate = Extract<ParsedManifests, { ok: true }>['locate'];
type PolicyManifest = Extract<Manifest, { kind: 'AutoscalingPolicy' | 'DeploymentPolicy' }>;

/** What an object is to become, and what is answered about it. */
interface Next<T> {
  readonly record: T;
  readonly applied: AppliedObject;
}

interface Asked<M extends Manifest> {
  /** Of the document in its file. */
  readonly index: number;
  readonly manifest: M;
  readonly tenant: string;
}

interface LocatedProblem {
  readonly index: number;
  readonly problem: Problem;
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
    const objects = parsed.manifests.map((manifest, index) => ({
      index,
      manifest,
      tenant: tenantAsked(principal, manifest, input.tenant),
    }));
    const tenants = objects.map(({ tenant }) => tenant);
    const mayUseFolders = isOperator(principal);
    // Where only one tenant may have instances, two must not become the first at once.
    const turns = this.#options.provider.isolatesTenants ? tenants : [...tenants, EVERY_TENANT];
    return this.#options.keeper.exclusively(turns, () =>
      this.#apply(objects, { ...input, mayUseFolders }, parsed.locate),
    );
  }

  async #apply(objects: readonly Asked<Manifest>[], input: CheckedInput, locate: Locate): Promise<AppliedObject[]> {
    const policies = objects.filter((object): object is Asked<PolicyManifest> =>
      object.manifest.kind.endsWith('Policy'),
    );
    const applications = objects.filter(
      (object): object is Asked<ApplicationManifest> => object.manifest.kind === 'Application',
    );
    refuse(locate(await this.#missingTenants(objects)), 'NOT_FOUND');
    if (!this.#options.provider.isolatesTenants)
      checkOnlyTenant(
        applications.map(({ tenant }) => tenant),
        [...this.#options.fleet.clusters()].map(({ record }) => record.tenant),
      );
    const problems: LocatedProblem[] = [];
    for (const { index, manifest } of objects)
      if (manifest.kind === 'Cartridge') problems.push({ index, problem: NO_CARTRIDGES });
    for (const object of policies) problems.push(...(await this.#checkPolicy(object, input)));
    for (const object of applications) problems.push(...(await this.#checkApplication(object, policies, input)));
    refuse(locate(problems), 'INVALID');
    await this.#checkQuotas(applications);
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

  /** New applications together, since none of a call is stored before all of them may be. */
  async #checkQuotas(applications: readonly Asked<ApplicationManifest>[]): Promise<void> {
    const { store, fleet, quotas } = this.#options;
    const cartridges = await store.cartridges.find({});
    for (const tenant of new Set(applications.map((application) => application.tenant))) {
      const added = applications
        .filter((asked) => asked.tenant === tenant && !fleet.application(tenant, asked.manifest.metadata.name))
        .map(({ manifest }) => manifest);
      await quotas.checkApplications(tenant, added, cartridges);
    }
  }

  async #missingTenants(objects: readonly Asked<Manifest>[]): Promise<LocatedProblem[]> {
    const problems: LocatedProblem[] = [];
    for (const { index, tenant } of objects) {
      const [found] = await this.#options.store.tenants.find({ name: tenant });
      if (found === undefined)
        problems.push({ index, problem: referenceProblem(['metadata', 'tenant'], `there is no tenant "${tenant}"`) });
      else if (found.deletingSince !== null)
        throw new RequestError('CONFLICT', `the tenant ${tenant} is being deleted`);
    }
    return problems;
  }

  async #checkPolicy({ index, manifest, tenant }: Asked<PolicyManifest>, input: ApplyInput): Promise<LocatedProblem[]> {
    const { store, keeper } = this.#options;
    const { kind, metadata } = manifest;
    const [present] = await store.policies.find({ tenant, kind, name: metadata.name });
    checkExpected(`${kind} ${metadata.name}`, present?.generation ?? 0, input.expectedGeneration);
    const problems =
      manifest.kind === 'DeploymentPolicy'
        ? checkHostClusters(manifest, keeper.provider)
        : checkFactors(manifest.spec, ['spec']);
    return problems.map((problem) => ({ index, problem }));
  }

  async #checkApplication(
    { index, manifest, tenant }: Asked<ApplicationManifest>,
    policies: readonly Asked<PolicyManifest>[],
    input: CheckedInput,
  ): Promise<LocatedProblem[]> {
    const { store, fleet } = this.#options;
    const { balancerAlias } = this.#options.keeper;
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
    for (const [number, component] of manifest.spec.components.entries()) {
      if (component.kind !== 'cartridge') continue;
      const at = `spec.components[${number}]`;
      await checkSource(this.#options, component, present, { tenant, at, mayUseFolders: input.mayUseFolders });
    }
    return manifest.spec.components
      .flatMap((component, number) => {
        if (component.kind !== 'cartridge') return [];
        const at = ['spec', 'components', number];
        const key = { tenant, application: manifest.metadata.name, alias: component.alias };
        const running = fleet.clusterByKey(key)?.record;
        return checkComponent(component, { cartridges, named, running, balancerAlias }, at);
      })
      .map((problem) => ({ index, problem }));
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

/** Throws with every error, each on a line of its own. */
function refuse(errors: readonly ManifestError[], code: 'INVALID' | 'NOT_FOUND'): void {
  if (errors.length === 0) return;
  throw new RequestError(code, errors.map(formatManifestError).join('\n'), { field: errors[0]!.field });
}
