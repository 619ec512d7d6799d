/**
 * Applies manifests. All documents of a call are checked, against each other and against what is stored, before any is stored;
 * applying the same again changes nothing.
 */
import type { Runtimes } from '../ports/runtimes.ts';
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import type { Manifest } from '../../../schema/manifests/kinds.ts';
import { parseManifests, type ParsedManifests } from '../../../schema/manifests/parse.ts';
import type { DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import { formatManifestError } from '../../../schema/manifests/problem.ts';
import { isOperator, requireRole } from '../access.ts';
import { concerns } from '../audit/scope.ts';
import { checkExpected } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Provider } from '../ports/provider.ts';
import type { Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord, PolicyRecord } from '../records/applications.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import type { Quotas } from '../tenants/quotas.ts';
import type { AppliedObject } from '../use-cases.ts';
import {
  checkComponent,
  checkFactors,
  checkHostClusters,
  checkKeptPartitions,
  checkOnlyTenant,
  referenceProblem,
} from './checks.ts';
import { cartridgeAsked, withNext } from './cartridges.ts';
import { askHosts, newSources, type HostQuestions, type NewSource } from './ask-hosts.ts';
import { checkSource, type SourceChecks } from './check-source.ts';
import type { ClusterKeeper } from './cluster-keeper.ts';
import { documentsOf, isApplication, type Asked, type Documents, type PolicyManifest } from './documents.ts';
import { changedOf, happeningsOf, type Next, type NextObjects } from './next.ts';
import { appliedOf, nextApplication, outcome, withoutManifests } from './next-application.ts';
import { codeOf, refuse, type LocatedProblem } from './refusal.ts';
import { readableManifest, readStoredManifest } from './stored-manifest.ts';
import { tenantAsked } from './tenant-asked.ts';

export interface ApplyInput {
  readonly manifests: string;
  readonly fileName?: string;
  readonly tenant?: string | null;
  readonly dryRun?: boolean;
  readonly expectedGeneration?: number;
  /** Other work follows, which answers to the idempotency key. */
  readonly isPart?: boolean;
}

interface CheckedInput extends ApplyInput {
  /** Repositories in folders of this machine. */
  readonly mayUseFolders: boolean;
}

export interface ApplyOptions extends SourceChecks, HostQuestions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly keeper: ClusterKeeper;
  readonly quotas: Pick<Quotas, 'checkApplications'>;
  readonly provider: Pick<Provider, 'isolatesTenants'>;
  readonly runtimes: Pick<Runtimes, 'whyForbidden'>;
  readonly events: EventRecorder;
  readonly now: () => number;
  readonly newUid: NewUid;
}

/** The turn of changes that concern all tenants; none can have this name. */
const EVERY_TENANT = '*';

type Locate = Extract<ParsedManifests, { ok: true }>['locate'];

export class Apply {
  readonly #options: ApplyOptions;

  constructor(options: ApplyOptions) {
    this.#options = options;
  }

  async run(principal: Principal, input: ApplyInput): Promise<AppliedObject[]> {
    const parsed = parseManifests(input.manifests, input.fileName ?? 'manifest');
    const named = parsed.ok ? parsed.manifests.map(({ kind, metadata }) => ({ kind, ...metadata })) : parsed.named;
    // Cartridges are the platform's.
    const ofTenants = named.filter(({ kind }) => kind !== 'Cartridge');
    concerns(ofTenants.map(({ kind, name, tenant }) => ({ kind, name, tenant: tenant ?? input.tenant ?? null })));
    if (!parsed.ok) {
      const text = parsed.errors.map(formatManifestError).join('\n');
      throw new RequestError('INVALID', text, { field: parsed.errors[0]?.field ?? '' });
    }
    const documents = documentsOf(parsed.manifests, (manifest) => tenantAsked(principal, manifest, input.tenant));
    const { objects, cartridges } = documents;
    if (cartridges.length > 0) requireRole(principal, 'operator');
    const tenants = objects.map(({ tenant }) => tenant);
    const mayUseFolders = isOperator(principal);
    // Where only one tenant may have instances, two must not become the first at once.
    const isAlone = this.#options.provider.isolatesTenants && cartridges.length === 0;
    const turns = isAlone ? tenants : [...tenants, EVERY_TENANT];
    const checked: CheckedInput = { ...input, mayUseFolders };
    const apply = async (asked: CheckedInput, warnings: readonly LocatedProblem[]): Promise<AppliedObject[]> => {
      const { keeper } = this.#options;
      const applied = await keeper.exclusively(turns, () => this.#apply(documents, asked, parsed.locate, warnings));
      const changed = applied.filter(({ kind, result }) => kind === 'Cartridge' && result === 'changed');
      if (asked.dryRun !== true && changed.length > 0)
        await keeper.cartridgesChanged(new Set(changed.map(({ name }) => name)));
      return applied;
    };
    // Whoever deploys asks by itself.
    const sources = input.isPart === true ? [] : this.#newSources(objects);
    if (sources.length === 0) return apply(checked, []);
    // What is wrong is refused before a host is asked; and that not in the tenant's turn: a slow one delays nobody's changes.
    await apply({ ...checked, dryRun: true }, []);
    return apply(checked, await askHosts(sources, this.#options));
  }

  #newSources(objects: readonly Asked<Manifest>[]): NewSource[] {
    return objects
      .filter(isApplication)
      .flatMap(({ manifest, tenant, index }) =>
        newSources(manifest, this.#options.fleet.application(tenant, manifest.metadata.name), { index, tenant }),
      );
  }

  async #apply(
    { objects, cartridges: given }: Documents,
    input: CheckedInput,
    locate: Locate,
    warnings: readonly LocatedProblem[],
  ): Promise<AppliedObject[]> {
    const policies = objects.filter((object): object is Asked<PolicyManifest> =>
      object.manifest.kind.endsWith('Policy'),
    );
    const applications = objects.filter(isApplication);
    refuse(locate(await this.#missingTenants(objects)), 'NOT_FOUND');
    if (!this.#options.provider.isolatesTenants)
      checkOnlyTenant(
        applications.map(({ tenant }) => tenant),
        [...this.#options.fleet.clusters()].map(({ record }) => record.tenant),
      );
    const problems: LocatedProblem[] = [];
    const stored = await this.#options.store.cartridges.find({});
    const nextCartridges = given.map((cartridge) => {
      const asked = cartridgeAsked(cartridge.manifest, stored, { ...input, ...this.#options });
      problems.push(...asked.problems.map((problem) => ({ index: cartridge.index, problem })));
      return asked.next;
    });
    const cartridges = withNext(
      stored,
      nextCartridges.map(({ record }) => record),
    );
    for (const object of policies) problems.push(...(await this.#checkPolicy(object, input)));
    for (const object of applications)
      problems.push(...(await this.#checkApplication(object, { policies, cartridges }, input)));
    refuse(locate(problems), codeOf(problems));
    await this.#checkQuotas(applications, cartridges);
    const nextPolicies: Next<PolicyRecord>[] = [];
    for (const { manifest, tenant } of policies) nextPolicies.push(await this.#nextPolicy(manifest, tenant));
    const nextApplications = applications.map(({ index, manifest, tenant }) => {
      const warned = locate(warnings.filter((warning) => warning.index === index)).map(formatManifestError);
      return this.#nextApplication(manifest, tenant, warned);
    });
    // The ports are the last thing that could be wanting: without one nothing of it is stored.
    await this.#options.keeper.checkPublicPorts(
      nextApplications.map(({ record }) => record),
      cartridges,
    );
    const compared = [...nextCartridges, ...nextPolicies, ...nextApplications].map(({ applied }) => applied);
    if (input.dryRun === true) return compared;
    const results = compared.map(withoutManifests);
    await this.#store(
      { cartridges: nextCartridges, policies: nextPolicies, applications: nextApplications },
      input.isPart === true ? undefined : results,
    );
    // Also when nothing changed: a crash may have come between a manifest and its service clusters. Policies once for all of them.
    for (const tenant of new Set(policies.map(({ tenant }) => tenant)))
      await this.#options.keeper.policyChanged(tenant);
    for (const { record } of nextApplications) await this.#options.keeper.keep(record);
    return results;
  }

  /** All of them or none, with what tells of them. */
  async #store(next: NextObjects, answer: readonly AppliedObject[] | undefined): Promise<void> {
    const { fleet, events } = this.#options;
    const changed = changedOf(next);
    await events.change(
      async (tx) => {
        for (const { record } of changed.cartridges) await tx.cartridges.save(record);
        for (const { record } of changed.policies) await tx.policies.save(record);
        for (const { record } of changed.applications) await tx.applications.save(record);
        if (answer !== undefined) await tx.answer(answer);
      },
      ...happeningsOf(changed),
    );
    for (const { record } of changed.applications) fleet.applications.set(record.uid, record);
  }

  /** All that is new together, since none of a call is stored before all of it may be. */
  async #checkQuotas(
    applications: readonly Asked<ApplicationManifest>[],
    cartridges: readonly CartridgeRecord[],
  ): Promise<void> {
    const { fleet, quotas } = this.#options;
    for (const tenant of new Set(applications.map((application) => application.tenant))) {
      const asked = applications
        .filter((application) => application.tenant === tenant)
        .map(({ manifest }) => ({ manifest, present: fleet.application(tenant, manifest.metadata.name) }));
      await quotas.checkApplications(tenant, asked, cartridges);
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
        ? [...checkHostClusters(manifest, keeper.provider), ...checkKeptPartitions(manifest, deploymentSpecOf(present))]
        : checkFactors(manifest.spec, ['spec']);
    return problems.map((problem) => ({ index, problem }));
  }

  async #checkApplication(
    { index, manifest, tenant }: Asked<ApplicationManifest>,
    {
      policies,
      cartridges,
    }: { readonly policies: readonly Asked<PolicyManifest>[]; readonly cartridges: readonly CartridgeRecord[] },
    input: CheckedInput,
  ): Promise<LocatedProblem[]> {
    const { store, fleet, keeper } = this.#options;
    const { balancerAlias } = keeper;
    const present = fleet.application(tenant, manifest.metadata.name);
    checkExpected(`application ${manifest.metadata.name}`, present?.generation ?? 0, input.expectedGeneration);
    if (present !== undefined && present.deletingSince !== null) {
      throw new RequestError('CONFLICT', `application ${present.name} is being deleted; apply again once it is gone`);
    }
    const stored = await store.policies.find({ tenant });
    const named = new Set([
      ...stored.map((policy) => `${policy.kind}/${policy.name}`),
      ...policies
        .filter((policy) => policy.tenant === tenant)
        .map(({ manifest: policy }) => `${policy.kind}/${policy.metadata.name}`),
    ]);
    const unusable = await keeper.unusable(
      manifest.spec.components.flatMap((component) => (component.kind === 'cartridge' ? [component.cartridge] : [])),
      cartridges,
    );
    const problems: LocatedProblem[] = [];
    for (const [number, component] of manifest.spec.components.entries()) {
      if (component.kind !== 'cartridge') continue;
      const at = ['spec', 'components', number];
      const key = { tenant, application: manifest.metadata.name, alias: component.alias };
      const running = fleet.clusterByKey(key)?.record;
      const { mayUseFolders } = input;
      const sources = await checkSource(this.#options, component, present, { tenant, at, mayUseFolders });
      problems.push(...sources.map((found) => ({ index, ...found })));
      for (const problem of checkComponent(component, { cartridges, named, running, balancerAlias }, at))
        problems.push({ index, problem });
      const why = unusable.get(component.cartridge);
      if (why !== undefined)
        problems.push({ index, problem: referenceProblem([...at, 'cartridge'], why), code: 'CARTRIDGE_UNUSABLE' });
      const cartridge = cartridges.find(({ name }) => name === component.cartridge);
      const forbidden = cartridge && this.#options.runtimes.whyForbidden?.(cartridge.manifest, tenant);
      if (forbidden !== undefined)
        problems.push({ index, problem: referenceProblem([...at, 'cartridge'], forbidden), code: 'FORBIDDEN' });
    }
    return problems;
  }

  async #nextPolicy(manifest: PolicyManifest, tenant: string): Promise<Next<PolicyRecord>> {
    const { store, now, newUid } = this.#options;
    const { kind, metadata } = manifest;
    const [present] = await store.policies.find({ tenant, kind, name: metadata.name });
    const before = present && readableManifest(present.manifest, kind);
    const result = outcome(before, manifest);
    const record: PolicyRecord = {
      uid: present?.uid ?? newUid(now()),
      tenant,
      name: metadata.name,
      kind,
      generation: (present?.generation ?? 0) + (result === 'unchanged' ? 0 : 1),
      updatedAt: now(),
      manifest,
    };
    return { record, applied: appliedOf({ kind, name: record.name, uid: record.uid, result }, before, manifest) };
  }

  #nextApplication(
    manifest: ApplicationManifest,
    tenant: string,
    warnings: readonly string[],
  ): Next<ApplicationRecord> {
    const { fleet, now, newUid } = this.#options;
    const present = fleet.application(tenant, manifest.metadata.name);
    const result = outcome(present?.manifest, manifest);
    const record = nextApplication(present, manifest, tenant, result, { now: now(), newUid });
    const object = { kind: 'Application', name: record.name, uid: record.uid, result };
    return { record, applied: appliedOf(object, present?.manifest, manifest, warnings) };
  }
}

function deploymentSpecOf(present: PolicyRecord | undefined): DeploymentPolicySpec | null {
  return present === undefined ? null : readStoredManifest(present.manifest, 'DeploymentPolicy').spec;
}
