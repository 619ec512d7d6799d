/** How well a number of instances fits what was asked for. θ as of the SPEC Research Group (docs/elasticity.md). */
import { requiredInstances } from './required.ts';
import type { RecordedPart } from './recorded-demand.ts';

/** Of what was recorded: all that can be said without knowing when which decision was made. */
export interface FitScores {
  /** Active and starting. */
  readonly replicaHours: number;
  /** Seconds in which instances were missing. */
  readonly shortSeconds: number;
  /** Per cent of the required instances that were missing, the mean over time. */
  readonly thetaUnder: number;
  /** Per cent of the required instances that were too many, the mean over time. */
  readonly thetaOver: number;
}

export interface BacktestScores extends FitScores {
  /** Changes of the number that is wanted. */
  readonly scaleActions: number;
  /** Changes against the one before within two minutes. */
  readonly reversals: number;
  /** Largest number of instances that there were at once, those that start included. */
  readonly mostReplicas: number;
}

/**
 * Of the steps of which both demand and instances are known. Where a mean of a step is not whole, the number changed within it: of a step that lacks a
 * part of an instance that part counts as short.
 *
 * Null: of no step.
 */
export function recordedScores(parts: readonly RecordedPart[], concurrency: number): FitScores | null {
  let [seconds, replicaSeconds, shortSeconds, under, over] = [0, 0, 0, 0, 0];
  for (const { demand, active, starting, stepSeconds } of parts) {
    for (const [step, asked] of demand.entries()) {
      const there = active[step]!;
      if (Number.isNaN(asked) || Number.isNaN(there)) continue;
      const required = requiredInstances(asked, concurrency);
      seconds += stepSeconds;
      replicaSeconds += (there + (starting[step]! || 0)) * stepSeconds;
      shortSeconds += Math.min(1, Math.max(0, required - there)) * stepSeconds;
      under += (Math.max(0, required - there) / required) * stepSeconds;
      over += (Math.max(0, there - required) / required) * stepSeconds;
    }
  }
  if (seconds === 0) return null;
  return {
    replicaHours: replicaSeconds / 3600,
    shortSeconds,
    thetaUnder: (100 * under) / seconds,
    thetaOver: (100 * over) / seconds,
  };
}
