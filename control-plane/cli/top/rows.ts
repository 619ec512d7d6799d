/** What `top` shows of a service cluster, and of an instance: plain values, wherever they come from. */

export interface ClusterRow {
  readonly uid: string;
  /** `APPLICATION/ALIAS`, after `TENANT/` where there are several tenants. */
  readonly name: string;
  readonly wanted: number;
  readonly active: number;
  readonly starting: number;
  readonly faulty: number;
  /** Null when no load balancer reports. */
  readonly requestsPerSecond: number | null;
  readonly queued: number;
  /** The one that decides; null where it has none. */
  readonly factor: FactorRow | null;
  readonly release: string | null;
  /** What keeps the autoscaler from acting freely; empty: nothing. */
  readonly control: string;
  /** What of it needs a person, as sentences, the most urgent first. */
  readonly attention: readonly string[];
}

export interface FactorRow {
  readonly name: string;
  /** In the factor's unit; null without data. */
  readonly observed: number | null;
  /** What the active instances carry at the target. */
  readonly capacity: number;
  readonly predicted: number | null;
  readonly horizonSeconds: number;
}

export interface InstanceRow {
  readonly uid: string;
  readonly state: string;
  readonly release: string | null;
  /** Runnable threads per declared CPU in per cent. */
  readonly loadAverage: number | null;
  /** In per cent of the limit. */
  readonly memory: number | null;
  readonly memoryBytes: number | null;
  readonly requestsInFlight: number | null;
  /** When the row was made; null where there was no sample. */
  readonly sampleAgeSeconds: number | null;
  /** RFC 3339; null before. */
  readonly activeAt: string | null;
  readonly reason: string | null;
}

/** Demand over what is there to carry it, in per cent; infinite where nothing is, null without data. */
export function loadShare(factor: FactorRow | null): number | null {
  if (factor?.observed === null || factor?.observed === undefined) return null;
  if (factor.observed === 0) return 0;
  return factor.capacity > 0 ? (100 * factor.observed) / factor.capacity : Infinity;
}
