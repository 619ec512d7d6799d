/** What was recorded of a service cluster, as far as it says what another policy would have done. */

/** A part of the time, in steps of one length, oldest first; the columns are of equal length, NaN where nothing is known. */
export interface RecordedPart {
  /** Begin, in seconds since the epoch. */
  readonly from: number;
  readonly stepSeconds: number;
  /** Mean of arrivals × time of service: requests that would be in flight if none had to wait. */
  readonly demand: Float32Array;
  /** Mean of the requests that arrived, per second. */
  readonly arrivals: Float32Array;
  /** Mean numbers of instances that there were. */
  readonly active: Float32Array;
  readonly starting: Float32Array;
}

export interface Coverage {
  /** Of the time that was asked about. */
  readonly seconds: number;
  /** Of which the demand is known. */
  readonly coveredSeconds: number;
  /** Mean time that a request took, over all of them; null: there was none. */
  readonly serviceSeconds: number | null;
}

export function coverageOf(parts: readonly RecordedPart[]): Coverage {
  let [seconds, coveredSeconds, demand, arrivals] = [0, 0, 0, 0];
  for (const part of parts) {
    seconds += part.demand.length * part.stepSeconds;
    for (const [step, value] of part.demand.entries()) {
      if (Number.isNaN(value)) continue;
      coveredSeconds += part.stepSeconds;
      const came = part.arrivals[step]!;
      if (!(came > 0)) continue;
      demand += value * part.stepSeconds;
      arrivals += came * part.stepSeconds;
    }
  }
  return { seconds, coveredSeconds, serviceSeconds: arrivals > 0 ? demand / arrivals : null };
}
