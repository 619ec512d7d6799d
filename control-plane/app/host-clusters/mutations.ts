/** Registering, rotating, probing, draining and removing host clusters. */
import type { EventType } from '../../domain/events/types.ts';
import { requireRole } from '../access.ts';
import { hostClusterOf } from '../credentials/pull-secrets.ts';
import { checkExpected } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import { Serial } from '../fleet/serial.ts';
import type { Clock, NewUid } from '../ports/clock.ts';
import type { HostClusterAccess } from '../ports/host-clusters.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import type { HostClusterProbe, HostClusterRecord } from '../records/host-clusters.ts';
import { PLATFORM_TENANT } from '../records/tenants.ts';
import { required, shown, type HostClusterQueryOptions } from './ask.ts';
import { checkHostCluster, describeCredential, readAddresses, readCredential } from './check.ts';
import type { KubeconfigRules } from './credential.ts';
import { checkedImage, checkEmpty, checkFree, checkName } from './guards.ts';
import type { HostClusters } from './host-clusters.ts';
import { happeningTo } from './runner.ts';
import type { HostCluster, HostClusterMutations, HostClusterRef } from './use-cases.ts';

export interface HostClusterMutationOptions extends HostClusterQueryOptions {
  readonly vault: Vault;
  readonly hostClusters: Pick<HostClusters, 'status' | 'changed' | 'look'>;
  readonly access: HostClusterAccess;
  readonly rules: KubeconfigRules;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly newUid: NewUid;
}

export function createHostClusterMutations(options: HostClusterMutationOptions): HostClusterMutations {
  const { store, vault, hostClusters, access, rules, events, clock, newUid } = options;
  /** Changes of records, one after another; what is asked of a cluster is asked outside of it. */
  const serial = new Serial();

  /** One change of a record with its event and the answer. An empty patch is no change, and is no event. */
  async function change(
    principal: Principal,
    { name, expectedGeneration }: HostClusterRef,
    type: EventType,
    patch: (present: HostClusterRecord) => Partial<HostClusterRecord>,
  ): Promise<HostCluster> {
    return serial.run(async () => {
      const found = await required(store, name);
      checkExpected(`host cluster ${name}`, found.generation, expectedGeneration);
      if (Object.keys(patch(found)).length === 0) return shown(options, found);
      const changed = await events.change(
        async (tx) => {
          // Anew: its runner may have told of something meanwhile.
          const present = (await tx.hostClusters.get(found.uid)) ?? found;
          const record: HostClusterRecord = {
            ...present,
            ...patch(present),
            generation: present.generation + 1,
            updatedAt: clock.now(),
            updatedBy: principal.name,
          };
          await tx.hostClusters.save(record);
          await tx.answer(shown(options, record));
          return record;
        },
        happeningTo(found, type, { by: principal.name }, principal.token),
      );
      void hostClusters.look();
      return shown(options, changed);
    });
  }

  const waiting = (image: string | null | undefined): HostClusterProbe => ({
    state: 'waiting',
    since: clock.now(),
    image: checkedImage(image),
  });

  return {
    async registerHostCluster(principal, input) {
      requireRole(principal, 'operator');
      checkName(input.name);
      const addresses = readAddresses(input);
      const probe: HostClusterProbe = input.skipProbe === true ? { state: 'skipped' } : waiting(input.probeImage);
      const credential = readCredential(input, rules, clock.now());
      await checkFree(store, input.name);
      const { clusterUid } = await checkHostCluster({ access, clock }, credential);
      return serial.run(async () => {
        await checkFree(store, input.name, clusterUid);
        const at = clock.now();
        const identity = { uid: newUid(at), tenant: PLATFORM_TENANT, name: input.name, version: 1 };
        const record: HostClusterRecord = {
          ...identity,
          ...addresses,
          ...describeCredential(credential),
          ...{
            clusterUid,
            probe,
            generation: 1,
            createdAt: at,
            updatedAt: at,
            updatedBy: principal.name,
            drainingSince: null,
          },
          sealed: vault.seal(identity, JSON.stringify(credential)),
        };
        const { server, brokerUrl, controlPlaneUrl } = record;
        const answer = shown(options, record);
        await events.change(
          async (tx) => {
            await tx.hostClusters.save(record);
            await tx.answer(answer);
          },
          happeningTo(
            record,
            'host-cluster.registered',
            { by: principal.name, server, brokerUrl, controlPlaneUrl, probe: probe.state },
            principal.token,
          ),
        );
        void hostClusters.look();
        return answer;
      });
    },
    async rotateHostCluster(principal, input) {
      requireRole(principal, 'operator');
      const credential = readCredential(input, rules, clock.now());
      const found = await required(store, input.name);
      checkExpected(`host cluster ${input.name}`, found.generation, input.expectedGeneration);
      const { clusterUid } = await checkHostCluster({ access, clock }, credential);
      if (clusterUid !== found.clusterUid)
        throw new RequestError(
          'CONFLICT',
          `${credential.server} is another cluster than ${found.name} (its kube-system namespace has another uid); register it under a name of its own`,
          { field: 'kubeconfig' },
        );
      return change(principal, input, 'host-cluster.credentials-rotated', (present) => {
        const identity = { ...present, version: present.version + 1 };
        const { version } = identity;
        return { version, ...describeCredential(credential), sealed: vault.seal(identity, JSON.stringify(credential)) };
      });
    },
    async probeHostCluster(principal, input) {
      requireRole(principal, 'operator');
      const probe = waiting(input.probeImage);
      return change(principal, input, 'host-cluster.probe-requested', () => ({ probe }));
    },
    async drainHostCluster(principal, ref) {
      requireRole(principal, 'operator');
      return change(principal, ref, 'host-cluster.drained', ({ drainingSince }) =>
        drainingSince === null ? { drainingSince: clock.now() } : {},
      );
    },
    async undrainHostCluster(principal, ref) {
      requireRole(principal, 'operator');
      return change(principal, ref, 'host-cluster.undrained', ({ drainingSince }) =>
        drainingSince === null ? {} : { drainingSince: null },
      );
    },
    async removeHostCluster(principal, ref) {
      requireRole(principal, 'operator');
      const found = await required(store, ref.name);
      checkExpected(`host cluster ${ref.name}`, found.generation, ref.expectedGeneration);
      await checkEmpty(options, found, ref.force === true);
      return serial.run(async () => {
        const present = await required(store, ref.name);
        checkExpected(`host cluster ${ref.name}`, present.generation, ref.expectedGeneration);
        const answer = shown(options, present);
        await events.change(
          async (tx) => {
            await tx.hostClusters.delete(present.uid);
            for (const credential of await tx.credentials.find({ tenant: PLATFORM_TENANT }))
              if (hostClusterOf(credential).hostCluster === present.name) await tx.credentials.delete(credential.uid);
            await tx.answer(answer);
          },
          happeningTo(
            present,
            'host-cluster.removed',
            { by: principal.name, force: ref.force === true },
            principal.token,
          ),
        );
        void hostClusters.look();
        return answer;
      });
    },
  };
}
