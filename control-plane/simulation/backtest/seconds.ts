/** Recorded steps second by second, without jumps between them that nobody has seen. */
import type { RecordedPart } from '../../domain/backtests/recorded-demand.ts';
import { smoothed } from '../elasticity/trace.ts';

export interface Seconds {
  /** Requests that would be in flight if none had to wait; NaN: not known. */
  readonly demand: Float32Array;
  /** Time of service in each second. */
  readonly serviceSeconds: Float32Array;
}

/** @param serviceSeconds where nothing came that would tell it */
export function secondsOf(parts: readonly RecordedPart[], serviceSeconds: number): Seconds {
  const length = parts.reduce((sum, { demand, stepSeconds }) => sum + demand.length * stepSeconds, 0);
  const seconds = {
    demand: new Float32Array(length).fill(Number.NaN),
    serviceSeconds: new Float32Array(length).fill(serviceSeconds),
  };
  let offset = 0;
  for (const part of parts) {
    for (const [first, end] of knownRuns(part.demand)) {
      const rates = Float64Array.from(part.demand.subarray(first, end));
      const run = smoothed({ name: '', stepSeconds: part.stepSeconds, rates });
      seconds.demand.set(run.rates, offset + first * part.stepSeconds);
    }
    for (const [step, arrivals] of part.arrivals.entries()) {
      const took = part.demand[step]! / arrivals;
      const from = offset + step * part.stepSeconds;
      if (took > 0 && took < Infinity) seconds.serviceSeconds.fill(took, from, from + part.stepSeconds);
    }
    offset += part.demand.length * part.stepSeconds;
  }
  return seconds;
}

/** `[first, end)` of each run of steps that are known. */
function knownRuns(values: Float32Array): [number, number][] {
  const runs: [number, number][] = [];
  let first = -1;
  for (let index = 0; index <= values.length; index += 1) {
    const isKnown = index < values.length && !Number.isNaN(values[index]!);
    if (isKnown && first < 0) first = index;
    if (isKnown || first < 0) continue;
    runs.push([first, index]);
    first = -1;
  }
  return runs;
}
