/** A service cluster at run time: its record, what it is made of, its instances, its windows and its last decisions. */
import type { CartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import type { LogFile } from '../../../schema/manifests/log-file.ts';
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import type { DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import type { Limits } from '../../../schema/mqtt/limits.ts';
import type { LoadBalancerSettings } from '../../../schema/mqtt/load-balancer-settings.ts';
import type { Route } from '../../../schema/mqtt/topology.ts';
import { clusterKeyText, type ClusterKey } from '../../../schema/mqtt/topics.ts';
import type { Decision, DecisionInput } from '../../domain/autoscaling/decision.ts';
import { EMPTY_MEMORY, type DecisionMemory } from '../../domain/autoscaling/memory.ts';
import { Learnt } from '../../domain/autoscaling/learnt.ts';
import type { EffectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { ClusterWindows } from '../../domain/forecasting/windows.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { DecisionRecord } from '../records/decisions.ts';
import type { ReleaseRecord, RolloutRecord } from '../records/releases.ts';
import type { InstanceState } from './instance-state.ts';
import { Serial } from './serial.ts';
import { Signal } from './signal.ts';

/** Agents report at least this often, also when nothing changes. */
export const REPORT_INTERVAL_SECONDS = 5;

/** Without the logs, which go with each release: agents of before them refuse a spec that has some. */
export type PlannedSpec = Omit<CartridgeSpec, 'logs'>;

/** Everything about a service cluster that follows from manifests; made anew when one of them changes. */
export interface ClusterPlan {
  readonly component: CartridgeComponent | null;
  readonly cartridge: CartridgeRecord;
  /** The cartridge's spec with the component's overrides. */
  readonly spec: PlannedSpec;
  /** By digest, what its cartridge would be run from now; undefined: from no image. Releases keep the one that they were made with. */
  readonly image?: string;
  /** Files that belong to its log; a component's take the place of the cartridge's of the same name. */
  readonly logs: readonly LogFile[];
  /** By which requests reach it through the application's load balancer; empty: not reached from outside. */
  readonly routes: readonly Route[];
  /** Of the whole application. */
  readonly limits: Limits | undefined;
  /** What the application says of its load balancer. */
  readonly loadBalancer: LoadBalancerSettings | undefined;
  readonly effective: EffectivePolicy;
  /** Its deployment policy; null: it has none, and goes wherever there is room. */
  readonly placement: DeploymentPolicySpec | null;
}

/** Consecutive starts that failed, and when the next may be tried. */
export interface StartBackoff {
  readonly failures: number;
  readonly notBefore: number;
  readonly reason: string;
}

/** What the last decision wants to change, and is not stored yet. */
export interface Intent {
  readonly decision: Decision;
  readonly input: DecisionInput;
  /** Where new instances would go, where there is a choice; null: nothing to say. */
  readonly placed: string | null;
  /** Since when something is to be changed, in milliseconds since the epoch. */
  readonly since: number;
}

export class ClusterState {
  record: ClusterRecord;
  /** `tenant/application/alias`, which never change. */
  readonly keyText: string;
  plan: ClusterPlan;
  readonly windows = new ClusterWindows();
  stable: ReleaseRecord | null = null;
  candidate: ReleaseRecord | null = null;
  rollout: RolloutRecord | null = null;
  /** The one that ended last; null: none has, as far as is known. */
  lastRollout: RolloutRecord | null = null;
  /** A release that waits for its roll-out to begin; a newer one takes its place. */
  pending: ReleaseRecord | null = null;
  readonly instances = new Map<string, InstanceState>();
  lastDecision: DecisionRecord | null = null;
  lastDecidedAt = 0;
  /** Null while what is wanted is what was decided. */
  intent: Intent | null = null;
  /** When a load balancer last reported demand for it. */
  demandAt = 0;
  startBackoff: StartBackoff | null = null;
  /** Why an instance that is wanted cannot be placed anywhere; null: as far as is known it can. */
  noPlace: string | null = null;
  /** Since when an instance would be better elsewhere, in milliseconds since the epoch; null: none, as far as is known. */
  unevenSince: number | null = null;
  /** What the decider needs of its own past. */
  memory: DecisionMemory = EMPTY_MEMORY;
  readonly learnt = new Learnt();
  /** Numbers of its releases by uid, as far as they were looked up. */
  readonly #releaseNumbers = new Map<string, number>();
  /** Numbers of the next documents within this control plane's epoch. */
  desiredGeneration = 0;
  topologyGeneration = 0;
  /** Instances that the last published topology calls draining; one that is not among them cannot be drained yet. */
  publishedDraining: ReadonlySet<string> = new Set();
  readonly changed = new Signal();
  readonly decided = new Signal();
  readonly serial = new Serial();
  /** Its builds run one after another: the newest source is to be the newest release, and they share a cache. */
  readonly builds = new Serial();

  constructor(record: ClusterRecord, plan: ClusterPlan) {
    this.record = record;
    this.keyText = clusterKeyText(record);
    this.plan = plan;
    this.windows.setReportInterval(REPORT_INTERVAL_SECONDS);
  }

  get key(): ClusterKey {
    return { tenant: this.record.tenant, application: this.record.application, alias: this.record.alias };
  }

  get isLoadBalancer(): boolean {
    return this.plan.spec.category === 'load-balancer';
  }

  /** Its instances have volumes, which outlive them and are of one instance at a time. */
  get hasVolumes(): boolean {
    return this.plan.spec.volumes !== undefined;
  }

  /** The number of a release that it runs, or ran since this control plane started; null: not known. */
  releaseNumber(uid: string | null): number | null {
    if (uid === null) return null;
    const known = this.#releaseNumbers.get(uid);
    if (known !== undefined) return known;
    const found = [this.stable, this.candidate].find((release) => release?.uid === uid);
    if (found === undefined || found === null) return null;
    this.#releaseNumbers.set(uid, found.number);
    return found.number;
  }

  /** Instances that exist or are about to, newest last. */
  live(): InstanceState[] {
    return [...this.instances.values()].filter((instance) => instance.isLive);
  }
}
