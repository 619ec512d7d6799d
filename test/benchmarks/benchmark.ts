/** The small contract of a benchmark: named figures with units, each with its number of samples. */

export interface Figure {
  /** One word or several with hyphens; stays the same, so that runs can be compared. */
  readonly name: string;
  readonly value: number;
  /** `µs`, `ms`, `s`, `1/s`, `B` … */
  readonly unit: string;
  /** value divided by a reference that was measured in the same run, and what that reference is. */
  readonly ratio?: number;
  readonly against?: string;
  readonly samples: number;
}

export interface Benchmark {
  readonly name: string;
  /** One sentence: what is measured, and of what. */
  readonly description: string;
  /** Why it cannot be run here, and what to do; null: it can. Absent: it can anywhere. */
  readonly whyNot?: () => string | null;
  /** Tells each figure as soon as it is measured. Leaves nothing open. Rejects when it could not measure. */
  run(report: Report): Promise<void>;
}

export type Report = (figures: readonly Figure[]) => void;
