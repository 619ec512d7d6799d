/** What can be asked about steering by hand before it is done. Reads only. */
import type { Decision } from '../../domain/autoscaling/decision.ts';
import type { Assigned } from '../../domain/placement/assign.ts';
import type { Principal } from '../principal.ts';
import type { OverrideRecord } from '../records/clusters.ts';

export type SteeringAction =
  | {
      readonly kind: 'scale';
      readonly instances: number;
      readonly binds: OverrideRecord['kind'];
      /** An hour if absent. */
      readonly forSeconds?: number;
    }
  | {
      readonly kind: 'clear-override' | 'pause' | 'resume' | 'shadow' | 'unshadow' | 'stop' | 'start' | 'restart';
    };

export interface SteeringPreview {
  /** Instances wanted now. */
  readonly from: number;
  /** Instances that would be wanted at once. */
  readonly to: number;
  /** What they would be without the change, at the next decision. */
  readonly otherwise: number;
  /** When it would end by itself, in milliseconds since the epoch; null: it would not. */
  readonly until: number | null;
  readonly minimum: number;
  readonly maximum: number;
  /** Most that may be asked for by hand, and what keeps it from being more. */
  readonly most: number;
  readonly mostBy: 'maximum' | 'quota' | 'room';
  /** The decision that would be made; null: there is no release to have instances of. */
  readonly decision: Decision | null;
  /** Where those that are added would go, in order. */
  readonly next: readonly Assigned[];
  readonly sentence: string;
  /** Why it would not be done at all; null: it would. */
  readonly refusal: { readonly code: string; readonly message: string; readonly field: string | null } | null;
}

export interface SteeringQueries {
  /**
   * What would become of the number of instances, by the code that decides it. Nothing is stored. Throws `RequestError` FORBIDDEN,
   * NOT_FOUND; what would refuse the change itself is told as a refusal.
   */
  steeringPreview(
    principal: Principal,
    ref: { readonly tenant?: string | null; readonly application: string; readonly alias: string },
    action: SteeringAction,
  ): Promise<SteeringPreview>;
}
