/** The last minutes of a few figures, kept by the page since it was opened. */

export type Figure = 'loadAverage' | 'memory' | 'cpuCores' | 'cpuThrottled' | 'requestsInFlight';

export type Sample = { readonly [F in Figure]: number | null };

/** Seconds that are kept, a value a second. */
export const KEPT_SECONDS = 300;

/** One value a second, the newest last; null where nothing was heard. Never changed: each {@link added} is another. */
export interface Samples {
  /** The second of the newest, since the epoch; null: there is none. */
  readonly second: number | null;
  readonly values: { readonly [F in Figure]: readonly (number | null)[] };
}

export const NO_SAMPLES: Samples = {
  second: null,
  values: { loadAverage: [], memory: [], cpuCores: [], cpuThrottled: [], requestsInFlight: [] },
};

/** @param at when it was taken, milliseconds since the epoch; one of a second that is there already takes its place */
export function added(samples: Samples, sample: Sample, at: number): Samples {
  const second = Math.floor(at / 1000);
  const passed = samples.second === null ? 1 : second - samples.second;
  if (passed < 0) return samples;
  const missing: null[] = Array.from({ length: Math.min(KEPT_SECONDS, Math.max(0, passed - 1)) }, () => null);
  const next = (figure: Figure): readonly (number | null)[] => {
    const before = samples.values[figure];
    return [...(passed === 0 ? before.slice(0, -1) : before), ...missing, sample[figure]].slice(-KEPT_SECONDS);
  };
  return {
    second,
    values: {
      loadAverage: next('loadAverage'),
      memory: next('memory'),
      cpuCores: next('cpuCores'),
      cpuThrottled: next('cpuThrottled'),
      requestsInFlight: next('requestsInFlight'),
    },
  };
}

/** The largest one; 0 when there is none. */
export function largest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

/**
 * The line of a sparkline as the `d` of an SVG path; interrupted where nothing is known, longer silences than agents have.
 * @param box the newest value is at its right edge; `most` is at its upper one
 */
export function sparkline(
  values: readonly (number | null)[],
  box: { readonly width: number; readonly height: number; readonly most: number },
): string {
  const step = box.width / (KEPT_SECONDS - 1);
  let path = '';
  let silent = Infinity;
  values.forEach((value, index) => {
    if (value === null) {
      silent += 1;
      return;
    }
    const x = box.width - step * (values.length - 1 - index);
    const y = box.height - (box.most > 0 ? Math.min(1, value / box.most) * box.height : 0);
    path += `${silent > LONGEST_SILENCE_SECONDS ? 'M' : 'L'}${round(x)} ${round(y)}`;
    silent = 0;
  });
  return path;
}

/** Agents report each five seconds where nothing moves. */
const LONGEST_SILENCE_SECONDS = 8;

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
