/** What is stored of decisions of the autoscaler. Plain records; times are milliseconds since the epoch. */
import type { Decision, DecisionInput } from '../../domain/autoscaling/decision.ts';

/** A stored decision. Equal consecutive non-actions are one row: `at` … `lastAt`, `count` evaluations. */
export interface DecisionRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly cluster: string;
  readonly at: number;
  readonly lastAt: number;
  readonly count: number;
  readonly acted: boolean;
  readonly reasonCode: string;
  readonly from: number;
  readonly to: number;
  readonly sentence: string;
  readonly decision: Decision;
  /** All inputs, for an action and for the last of a run; computing it again gives `decision` to the bit. */
  readonly input: DecisionInput | null;
}
