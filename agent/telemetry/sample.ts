/** One second of an instance, as it is reported. */
import { COUNTER, GAUGE } from '../../schema/mqtt/stats.ts';

export interface Sample {
  /** One number per sample, rising within the session. */
  readonly sequence: number;
  /** When it was taken, on the agent's monotonic clock, milliseconds. */
  readonly at: number;
  readonly gauges: Readonly<Record<string, number>>;
  /** Cumulative since the session began. */
  readonly counters: Readonly<Record<string, number>>;
}

/** What the kernel said, cumulative where it says `Seconds`. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly runnableSeconds: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  /** Further gauges and counters, by name; the same names in every reading of a session. */
  readonly gauges: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
}

function rounded(value: number, digits: number): number {
  const unit = 10 ** digits;
  return Math.round(Math.max(0, value) * unit) / unit;
}

/** Makes samples of readings: raw seconds, unsmoothed. */
export class SampleMaker {
  readonly #cpuCores: number;
  #sequence = 0;
  #byteSeconds = 0;
  #cpuSeconds = 0;
  #before: { readonly at: number; readonly runnableSeconds: number } | undefined;

  /** @param cpuCores CPUs that the manifest declares: what 100 % of load is. */
  constructor(cpuCores: number) {
    this.#cpuCores = cpuCores;
  }

  /** @param at monotonic time of the reading, milliseconds. */
  make(usage: Usage, at: number): Sample {
    const seconds = this.#before ? (at - this.#before.at) / 1000 : 0;
    const runnable = this.#before && seconds > 0 ? (usage.runnableSeconds - this.#before.runnableSeconds) / seconds : 0;
    this.#before = { at, runnableSeconds: usage.runnableSeconds };
    this.#byteSeconds += usage.memoryBytes * Math.max(0, seconds);
    this.#cpuSeconds = Math.max(this.#cpuSeconds, usage.cpuSeconds);
    this.#sequence += 1;
    return {
      sequence: this.#sequence,
      at,
      gauges: {
        [GAUGE.loadAverage]: rounded((runnable / this.#cpuCores) * 100, 1),
        [GAUGE.memory]: rounded((usage.memoryBytes / usage.memoryLimitBytes) * 100, 2),
        [GAUGE.memoryBytes]: rounded(usage.memoryBytes, 0),
        ...usage.gauges,
      },
      counters: {
        [COUNTER.cpuSeconds]: rounded(this.#cpuSeconds, 3),
        [COUNTER.memoryByteSeconds]: rounded(this.#byteSeconds, 0),
        ...usage.counters,
      },
    };
  }
}
