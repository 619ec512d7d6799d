/** Writes. Idempotent, scoped to the caller's tenant, each an event. */
import type { Readable } from 'node:stream';
import type { EventType } from '../../domain/events/types.ts';
import { requireRole, tenantOf, tenantOfApplication, wholeTenantOf } from '../access.ts';
import type { Apply } from '../apply/apply.ts';
import type { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { Changes } from '../configuration/changes.ts';
import { configuring } from '../configuration/configure.ts';
import { keepingSecrets } from '../configuration/secrets.ts';
import { createBacktestMutations, type BacktestAskingOptions } from '../backtests/ask.ts';
import { createCertificateMutations } from '../certificates/certificates.ts';
import { createCredentialMutations } from '../credentials/credentials.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import { Deployments } from '../deploy/deployments.ts';
import { createHostClusterMutations, type HostClusterMutationOptions } from '../host-clusters/mutations.ts';
import { createNoticeMutations } from '../notices/mutations.ts';
import type { Notices } from '../notices/notices.ts';
import type { NoticeTransport } from '../ports/notices.ts';
import type { InstanceNeeds } from '../ports/provider.ts';
import type { SignInCodes } from '../sessions/codes.ts';
import { createSessionMutations } from '../sessions/mutations.ts';
import { createWebhookMutations } from '../webhooks/webhooks.ts';
import type { GitPoller } from '../deploy/git-poller.ts';
import type { Pipeline } from '../deploy/pipeline.ts';
import type { Releases } from '../deploy/releases.ts';
import { restoringManifests } from '../deploy/noted-policies.ts';
import { Rollbacks } from '../deploy/rollback.ts';
import { RequestError } from '../errors.ts';
import { createMetadataMutations } from '../metadata/ask.ts';
import type { MetadataVersions } from '../metadata/versions.ts';
import { createTaskMutations } from '../tasks/ask.ts';
import type { ReleaseHooks } from '../tasks/release-hook.ts';
import type { Tasks } from '../tasks/tasks.ts';
import { subjectOf, type EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Serial } from '../fleet/serial.ts';
import type { ArtifactStore } from '../ports/artifacts.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Store, Transaction } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { Vault } from '../ports/vault.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { ClusterRef, Mutations } from '../use-cases.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Freeze } from '../reconcile/freeze.ts';
import { restart } from '../deploy/restart.ts';
import { overrideOf } from '../steering/override.ts';
import { roomToStart, startOf, stopOf } from '../steering/stop.ts';
import { createTenantMutations, type TenantsOptions } from '../tenants/tenants.ts';
import type { Quotas } from '../tenants/quotas.ts';
import { createTokenMutations } from '../tenants/tokens.ts';
import { checkExpected, checkThere, requireApplication, requireCluster, seenPart } from './scope.ts';

const LARGEST_UPLOAD_BYTES = 512 * 1024 * 1024;
const COMMAND_LIFE_MILLISECONDS = 30_000;

export interface MutationsOptions
  extends BacktestAskingOptions, Pick<HostClusterMutationOptions, 'hostClusters' | 'access' | 'rules' | 'clock'> {
  readonly store: Store;
  readonly vault: Vault;
  readonly fleet: Fleet;
  readonly apply: Apply;
  readonly keeper: ClusterKeeper;
  readonly pipeline: Pipeline;
  readonly poller: GitPoller;
  readonly releases: Releases;
  readonly artifacts: ArtifactStore;
  readonly hooks: Pick<ReleaseHooks, 'checkRestorable'>;
  readonly tasks: Tasks;
  readonly metadataVersions: MetadataVersions;
  /** More instances that a machine has room for. */
  readonly room: (needs: InstanceNeeds) => Promise<number>;
  readonly publisher: Publisher;
  readonly events: EventRecorder;
  readonly quotas: Pick<Quotas, 'checkInstances' | 'checkTask' | 'left'>;
  readonly freeze: Pick<Freeze, 'begin' | 'end'>;
  readonly disk: Pick<DiskWatch, 'check'>;
  readonly notices: Pick<Notices, 'status' | 'send' | 'look'>;
  /** Under which the control plane is reached from outside; null where nobody said. */
  readonly publicUrl: string | null;
  readonly noticeTransport: Pick<NoticeTransport, 'check'>;
  readonly codes: SignInCodes;
  readonly gate: Serial;
  readonly tenants: Omit<TenantsOptions, 'deleteApplication'>;
  readonly markDirty: (cluster: ClusterState) => void;
  readonly now: () => number;
  readonly newUid: NewUid;
}

export function createMutations(options: MutationsOptions): Mutations {
  const { store, fleet, apply, keeper, events, now } = options;

  /** Changes a service cluster's record in its own order, with its event; a `patch` of null: it is so already. */
  async function change(
    principal: Principal,
    ref: ClusterRef & { expectedGeneration?: number },
    type: EventType,
    patch: (cluster: ClusterState) => Partial<ClusterRecord> | null,
  ): Promise<ClusterRecord> {
    const cluster = requireCluster(fleet, principal, ref, 'deployer');
    return cluster.serial.run(async () => {
      checkThere(fleet, cluster);
      checkExpected(cluster.keyText, cluster.record.generation, ref.expectedGeneration);
      const changes = patch(cluster);
      if (changes === null) return cluster.record;
      const record: ClusterRecord = { ...cluster.record, ...changes, generation: cluster.record.generation + 1 };
      await events.change(
        async (tx) => {
          await tx.clusters.save(record);
          await tx.answer(record);
        },
        {
          tenant: record.tenant,
          subject: subjectOf.cluster(record),
          type,
          cause: principal.token,
          data: { by: principal.name, ...changes },
        },
      );
      cluster.record = record;
      // It was decided of what was so before; the next decision is made at once.
      cluster.intent = null;
      cluster.changed.notify();
      cluster.lastDecidedAt = 0;
      options.markDirty(cluster);
      return record;
    });
  }

  /** To be called in the tenant's turn. */
  async function markDeleting(
    application: ApplicationRecord,
    principal: Principal,
    also: (tx: Transaction, record: ApplicationRecord) => Promise<void> = async () => undefined,
  ): Promise<ApplicationRecord> {
    const record: ApplicationRecord = { ...application, deletingSince: application.deletingSince ?? now() };
    const deleting = {
      tenant: record.tenant,
      subject: subjectOf.application(record),
      type: 'application.deleting' as const,
      cause: principal.token,
      data: { by: principal.name },
    };
    await events.change(
      async (tx) => {
        // As it is stored: of a blocked application only that can be read.
        const { manifest } = (await tx.applications.get(record.uid)) ?? record;
        await tx.applications.save({ ...record, manifest });
        await also(tx, record);
      },
      ...(application.deletingSince === null ? [deleting] : []),
    );
    fleet.applications.set(record.uid, record);
    await keeper.keep(record);
    return record;
  }

  const changes = new Changes(options);
  const deployments = new Deployments(options);
  const rollbacks = new Rollbacks(options);
  /** Before the release itself: what is refused of them leaves everything as it is. Answers the number of the release. */
  async function restorePolicies(
    principal: Principal,
    cluster: ClusterState,
    { releaseNumber }: { readonly releaseNumber?: number },
  ): Promise<number> {
    const { number, policies } = await rollbacks.find(cluster, releaseNumber);
    const application = fleet.applications.get(cluster.record.applicationUid);
    if (policies === null || application === undefined)
      throw new RequestError(
        'CONFLICT',
        `no policies were noted with release ${number} of ${cluster.keyText}; roll back without them`,
        { field: 'withPolicies' },
      );
    const documents = restoringManifests(policies, application.manifest, cluster.record.alias);
    const manifests = documents.map((document) => JSON.stringify(document)).join('\n---\n');
    await apply.run(principal, { manifests, tenant: cluster.record.tenant, isPart: true });
    return number;
  }
  return {
    ...configuring(changes),
    ...keepingSecrets(changes),
    ...createBacktestMutations(options),
    ...createCertificateMutations(options),
    ...createCredentialMutations(options),
    ...createWebhookMutations(options),
    ...createNoticeMutations({
      ...options,
      transport: options.noticeTransport,
      exclusively: (tenants, work) => keeper.exclusively(tenants, work),
    }),
    ...createHostClusterMutations(options),
    ...createSessionMutations(options),
    ...createTaskMutations(options),
    ...createMetadataMutations(options),
    apply: (principal, input) => apply.run(principal, input),
    ...createTenantMutations({ ...options.tenants, deleteApplication: markDeleting }),
    ...createTokenMutations(options.tenants),
    async deleteApplication(principal, ref): Promise<ApplicationRecord> {
      const tenant = tenantOfApplication(principal, ref.tenant, ref.name, 'deployer');
      return keeper.exclusively([tenant], async () => {
        const application = requireApplication(fleet, principal, ref.tenant, ref.name, 'deployer');
        checkExpected(`application ${application.name}`, application.generation, ref.expectedGeneration);
        return markDeleting(application, principal, (tx, record) => tx.answer(record));
      });
    },
    async deletePolicy(principal, ref) {
      const tenant = wholeTenantOf(principal, ref.tenant, 'deployer');
      return keeper.exclusively([tenant], async () => {
        const [policy] = await store.policies.find({ tenant, kind: ref.kind, name: ref.name });
        if (policy === undefined) throw new RequestError('NOT_FOUND', `there is no ${ref.kind} "${ref.name}"`);
        checkExpected(`${ref.kind} ${ref.name}`, policy.generation, ref.expectedGeneration);
        const part = ref.kind === 'AutoscalingPolicy' ? 'autoscaling' : 'deployment';
        const users = [...fleet.clusters()].filter(
          ({ record, plan }) => record.tenant === tenant && plan.component?.[part] === ref.name,
        );
        if (users.length > 0)
          throw new RequestError(
            'CONFLICT',
            `${ref.kind} ${ref.name} is used by ${users.map((cluster) => cluster.keyText).join(', ')}; change them first`,
          );
        await events.change(
          async (tx) => {
            await tx.policies.delete(policy.uid);
            await tx.answer(policy);
          },
          {
            tenant,
            subject: { kind: ref.kind, uid: policy.uid, name: policy.name },
            type: 'policy.deleted',
            cause: principal.token,
            data: { by: principal.name },
          },
        );
        return policy;
      });
    },
    async uploadSource(principal, archive: Readable, tenant) {
      const owner = tenantOf(principal, tenant, 'deployer');
      await options.disk.check();
      const stored = await options.artifacts.receive(archive, LARGEST_UPLOAD_BYTES);
      await store.uploads.save({
        uid: options.newUid(now()),
        tenant: owner,
        ...stored,
        createdAt: now(),
        by: principal.name,
      });
      return stored;
    },
    deploy: (principal, request) => deployments.deploy(principal, request),
    async rollback(principal, ref) {
      const cluster = requireCluster(fleet, principal, ref, 'deployer');
      const number = ref.withPolicies === true ? await restorePolicies(principal, cluster, ref) : ref.releaseNumber;
      return cluster.serial.run(async () => {
        checkThere(fleet, cluster);
        return rollbacks.to(cluster, number, principal);
      });
    },
    async restart(principal, ref) {
      const cluster = requireCluster(fleet, principal, ref, 'deployer');
      return cluster.serial.run(async () => {
        checkThere(fleet, cluster);
        return restart(options, cluster, ref.reason, principal);
      });
    },
    async scale(principal, ref) {
      const asked = requireCluster(fleet, principal, ref, 'deployer');
      await options.quotas.checkInstances(asked, ref.instances);
      return change(principal, ref, 'cluster.override-set', (cluster) => ({
        override: overrideOf(cluster, ref, principal.name, now()),
      }));
    },
    clearOverride: (principal, ref) => change(principal, ref, 'cluster.override-cleared', () => ({ override: null })),
    pause: (principal, ref) =>
      change(principal, ref, 'cluster.paused', () => ({
        paused: { reason: ref.reason, by: principal.name, since: now() },
      })),
    resume: (principal, ref) => change(principal, ref, 'cluster.resumed', () => ({ paused: null })),
    stop: (principal, ref) =>
      change(principal, ref, 'cluster.stopped', (cluster) => stopOf(cluster, ref, principal.name, now())),
    async start(principal, ref) {
      const asked = requireCluster(fleet, principal, ref, 'deployer');
      const left = await roomToStart(options.quotas, asked);
      return change(principal, ref, 'cluster.started', (cluster) => startOf(cluster, left));
    },
    setShadow: (principal, ref) =>
      change(principal, ref, ref.shadow ? 'cluster.shadowed' : 'cluster.unshadowed', () => ({ shadow: ref.shadow })),
    freeze: (principal, asked) => options.freeze.begin(principal, asked),
    unfreeze: (principal) => options.freeze.end(principal),
    async restartInstance(principal, uid) {
      requireRole(principal, 'deployer');
      const instance = fleet.instance(uid);
      const cluster = fleet.clusterOfInstance(uid);
      if (instance === undefined || cluster === undefined || seenPart(principal, instance.record) === undefined) {
        throw new RequestError('NOT_FOUND', `there is no instance ${uid}`);
      }
      if (!instance.isLive)
        throw new RequestError('CONFLICT', `instance ${uid} has ended; there is nothing to restart`);
      await options.publisher.sendCommand(
        { ...cluster.key, instance: uid },
        { v: 1, id: options.newUid(now()), kind: 'restart', expiresInMilliseconds: COMMAND_LIFE_MILLISECONDS },
      );
      events.record({
        tenant: instance.record.tenant,
        subject: subjectOf.instance(instance.record),
        type: 'instance.restart-asked',
        cause: principal.token,
        data: { by: principal.name },
      });
      return instance.record;
    },
  };
}
