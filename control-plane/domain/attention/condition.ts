/** The condition of a service cluster, as far as it says whether a person is needed. Plain data. */
import type { Clamp } from '../autoscaling/decision.ts';

export interface Counts {
  readonly wanted: number;
  /** That serve: active and not being drained. */
  readonly active: number;
  /** On their way to active, or in maintenance. */
  readonly starting: number;
  /** Being drained, or about to be stopped. */
  readonly leaving: number;
  readonly faulty: number;
  /** Of any state, of which nothing is heard. */
  readonly unreachable: number;
}

/** Figures are as they are shown: what only jitters changes no sentence. */
export interface Condition {
  readonly alias: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly counts: Counts;
  readonly isLoadBalancer: boolean;
  /** Why nothing of its application is begun or ended; null: it is not blocked. */
  readonly blocked: string | null;
  /** Why one of the faulty instances is so; null: nobody said, or none is. */
  readonly faultyReason: string | null;
  /** Consecutive starts that failed. */
  readonly startFailure: { readonly failures: number; readonly reason: string } | null;
  /** Why an instance that is wanted cannot be placed anywhere. */
  readonly noPlace: string | null;
  /** Host clusters that do not answer, with how many of its instances are there. */
  readonly silentHosts: readonly { readonly name: string; readonly instances: number }[];
  /** Many fell silent at once: the platform's fault. */
  readonly silenced: boolean;
  /** Age of the newest sample, or how long one has been waited for, in seconds; null: nobody would send one. */
  readonly sampleAgeSeconds: number | null;
  /** Above it nothing is fresh. */
  readonly staleSeconds: number;
  /** Of the last decision, in the order in which they were applied. */
  readonly clamps: readonly Clamp[];
  readonly override: { readonly kind: 'pin' | 'floor'; readonly instances: number; readonly expiresAt: number } | null;
  /** Requests wait for an instance. */
  readonly saturated: boolean;
  /** Requests that wait at load balancers now. */
  readonly queued: number;
  /** Share of requests that fail or are shed, 0–1; null: no load balancer reports. */
  readonly errorShare: number | null;
  readonly rollout: {
    readonly state: 'running' | 'returning';
    readonly to: number | null;
    readonly reason: string | null;
  } | null;
  /** The last roll-out, where it was returned and nobody had asked for that; null: otherwise. */
  readonly returned: { readonly at: number; readonly reason: string | null } | null;
  /** How long what was decided has been waiting to be stored, in seconds; 0: it does not wait. */
  readonly waitsSeconds: number;
  /** Why its Git source cannot be read. */
  readonly sourceProblem: string | null;
}
