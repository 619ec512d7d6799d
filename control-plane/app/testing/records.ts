/** Records for tests of single parts. */
import { newUid } from '../../../schema/ids.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { effectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { ClusterState, type ClusterPlan } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { InstanceState } from '../fleet/instance-state.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObservedInstance } from '../ports/provider.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { InstanceRecord } from '../records/instances.ts';
import { cartridges } from './manifests.ts';

export const NOW = 1_800_000_000_000;
/** Stands at {@link NOW}; its timers are real. */
export const CLOCK: Clock = { ...systemClock, now: () => NOW };

function planOf(cartridge = 'node', changes: Partial<ClusterPlan> = {}): ClusterPlan {
  const found = cartridges().find(({ name }) => name === cartridge)!;
  const { logs = [], ...spec } = found.manifest.spec;
  return {
    component: null,
    cartridge: found,
    spec,
    logs,
    limits: undefined,
    loadBalancer: undefined,
    routes: [],
    effective: effectivePolicy(undefined, spec, 'process'),
    placement: null,
    ...changes,
  };
}

export function clusterOf(alias = 'web', cartridge = 'node', changes: Partial<ClusterRecord> = {}): ClusterState {
  const record: ClusterRecord = {
    uid: newUid(),
    tenant: 'acme',
    application: 'shop',
    applicationUid: 'shop-uid',
    alias,
    cartridge,
    generation: 1,
    createdAt: NOW,
    deletingSince: null,
    wanted: 1,
    epoch: 0,
    desiredGeneration: 0,
    topologyGeneration: 0,
    stableRelease: null,
    candidateRelease: null,
    publicPort: null,
    override: null,
    paused: null,
    stopped: null,
    shadow: false,
    startSeconds: [],
    ...changes,
  };
  return new ClusterState(record, planOf(cartridge));
}

export function instanceRecord(cluster: ClusterState, changes: Partial<InstanceRecord> = {}): InstanceRecord {
  const { tenant, application, alias, uid } = cluster.record;
  return {
    uid: newUid(),
    tenant,
    application,
    alias,
    cluster: uid,
    state: 'active',
    unreachable: false,
    reason: null,
    createdAt: NOW,
    activeAt: NOW,
    terminatedAt: null,
    host: '127.0.0.1',
    port: 4000,
    release: null,
    tokenHash: 'hash',
    formerTokenHash: null,
    formerTokenUntil: null,
    firstTokenHash: null,
    placement: { hostCluster: 'local', partition: 'default' },
    cause: null,
    draining: null,
    inventory: null,
    hookFailure: null,
    ...changes,
  };
}

/** An instance that its provider sees running and that was heard of now. */
export function addInstance(fleet: Fleet, cluster: ClusterState, changes: Partial<InstanceRecord> = {}): InstanceState {
  const instance = new InstanceState(instanceRecord(cluster, changes), NOW);
  instance.observed = seenOf(instance);
  instance.session = `session-of-${instance.record.uid}`.slice(0, 40);
  instance.connected = true;
  fleet.addInstance(cluster, instance);
  return instance;
}

export function seenOf({ record }: InstanceState, state: ObservedInstance['state'] = 'running'): ObservedInstance {
  const { uid, cluster, tenant, application, alias } = record;
  return { instance: uid, cluster, tenant, application, alias, state, host: '127.0.0.1', ports: [] };
}
