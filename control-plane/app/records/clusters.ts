/** What is stored of service clusters, and what keeps their numbers. Plain records; times are milliseconds since the epoch. */

export interface OverrideRecord {
  readonly kind: 'pin' | 'floor';
  readonly instances: number;
  readonly reason: string;
  readonly by: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Nothing of a service cluster runs until somebody starts it. */
export interface StopRecord {
  readonly reason: string;
  /** Name of the token. */
  readonly by: string;
  readonly since: number;
  /** How many instances were wanted then: as many are once it is started. */
  readonly instances: number;
}

/** No autoscaling decision is acted on anywhere. */
export interface FreezeRecord {
  readonly reason: string;
  /** Name of the token. */
  readonly by: string;
  readonly since: number;
  /** Null: until somebody ends it. */
  readonly expiresAt: number | null;
}

/** A service cluster: one alias of an application at run time. */
export interface ClusterRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly application: string;
  readonly applicationUid: string;
  readonly alias: string;
  readonly cartridge: string;
  readonly generation: number;
  readonly createdAt: number;
  readonly deletingSince: number | null;
  /** Instances wanted; stored before anything acts on it. */
  readonly wanted: number;
  /** Raised when a document could otherwise be taken for an older one (restored backup, takeover). */
  readonly epoch: number;
  /** Generation of the last `desired` document; raised with each change of it. */
  readonly desiredGeneration: number;
  readonly topologyGeneration: number;
  readonly stableRelease: string | null;
  readonly candidateRelease: string | null;
  /** Port at which a load balancer of this cluster is reached; kept over restarts. */
  readonly publicPort: number | null;
  readonly override: OverrideRecord | null;
  readonly paused: { readonly reason: string; readonly by: string; readonly since: number } | null;
  readonly stopped: StopRecord | null;
  readonly shadow: boolean;
  /** Durations of the last successful starts, newest last (at most 20). */
  readonly startSeconds: readonly number[];
}
