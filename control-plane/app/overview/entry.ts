/** A service cluster in the overview: what one line of it says. */
import type { CartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import type { Attention } from '../../domain/attention/attention.ts';
import type { Counts } from '../../domain/attention/condition.ts';
import type { ClusterRecord, OverrideRecord } from '../records/clusters.ts';
import type { RolloutRecord } from '../records/releases.ts';
import type { OverviewInstance } from './instances.ts';
import type { OverviewState } from './state.ts';

/** The factor that decides now, with its figures in its own unit, without what does not divide among instances. */
export interface OverviewFactor {
  readonly name: string;
  /** As it reads in a sentence. */
  readonly phrase: string;
  /** `%`, or empty. */
  readonly unit: string;
  readonly target: number;
  /** Total over the instances; null without data. */
  readonly observed: number | null;
  /** At the horizon. */
  readonly predicted: number | null;
  /** What the active instances carry at the target. */
  readonly capacity: number;
  readonly saturated: boolean;
}

export interface OverviewRollout {
  readonly uid: string;
  readonly state: RolloutRecord['state'];
  readonly createdAt: number;
  /** Numbers of releases; null: none, or not known. */
  readonly from: number | null;
  readonly to: number | null;
  /** That take the candidate. */
  readonly instances: number;
  readonly reason: RolloutRecord['reason'];
}

export interface OverviewDecision {
  readonly uid: string;
  /** Of a run: when it began. */
  readonly at: number;
  readonly acted: boolean;
  readonly reasonCode: string;
  readonly from: number;
  readonly to: number;
  readonly sentence: string;
}

export interface OverviewEntry {
  readonly uid: string;
  readonly tenant: string;
  readonly applicationName: string;
  readonly applicationUid: string;
  readonly alias: string;
  readonly cartridge: string;
  readonly category: CartridgeSpec['category'];
  readonly generation: number;
  readonly state: OverviewState;
  /** Number of the stable release; null: none yet. */
  readonly release: number | null;
  readonly counts: Counts;
  readonly minimum: number;
  readonly maximum: number;
  readonly stopped: ClusterRecord['stopped'];
  readonly paused: ClusterRecord['paused'];
  /** Asked for, or by the policy. */
  readonly shadow: boolean;
  readonly frozen: boolean;
  readonly override: OverrideRecord | null;
  /** Null: the policy has none. */
  readonly factor: OverviewFactor | null;
  readonly horizonSeconds: number;
  readonly throughputPerSecond: number | null;
  readonly errorShare: number | null;
  readonly queued: number;
  /** In steps; null: there never was one. */
  readonly sampleAgeSeconds: number | null;
  readonly rollout: OverviewRollout | null;
  readonly lastDecision: OverviewDecision | null;
  /** The most urgent first. */
  readonly attention: readonly Attention[];
  /** Oldest first; null: only the view of one application has them. */
  readonly instances: readonly OverviewInstance[] | null;
}
