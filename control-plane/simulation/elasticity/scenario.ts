/** What goes wrong in a run: nothing of it by default. */

export interface Scenario {
  /** Share of the starts that fail; each is begun again after {@link BACK_OFF_SECONDS}. */
  readonly failingStarts: number;
  /** Share of the replicas whose agents say nothing, the mean over time; each is silent for {@link SILENT_SECONDS} on average. They go on serving. */
  readonly silentAgents: number;
  /** For so long after it began to serve, a replica's own work takes half of it: requests take twice as long. In seconds. */
  readonly startCostSeconds: number;
  /** Requests that the one backend behind all replicas serves at once; a replica keeps a request while that waits for it. Null: there is none. */
  readonly backendCapacity: number | null;
  /** Times in which every request is answered with an error at once, in seconds since the beginning. */
  readonly failFast: readonly Interval[];
}

interface Interval {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

export const CALM: Scenario = {
  failingStarts: 0,
  silentAgents: 0,
  startCostSeconds: 0,
  backendCapacity: null,
  failFast: [],
};

/** As long as Kubernetes waits the first time. */
export const BACK_OFF_SECONDS = 10;
export const SILENT_SECONDS = 60;
/** Share of a replica that its own work takes while it has just begun to serve. */
export const START_COST_SHARE = 0.5;

/** Whether the scalers are told of the replicas' load by their agents, too: only then it matters what agents say, and whether they do. */
export function hasAgents({ silentAgents, startCostSeconds }: Scenario): boolean {
  return silentAgents > 0 || startCostSeconds > 0;
}

export function failsFast({ failFast }: Scenario, second: number): boolean {
  return failFast.some(({ from, to }) => second >= from && second < to);
}

/** Names of what a fluid has no meaning for: there is no single request in it that could take longer, or be kept. */
export function notOfFluid({ startCostSeconds, backendCapacity }: Scenario): readonly string[] {
  return [
    ...(startCostSeconds > 0 ? ['--start-cost'] : []),
    ...(backendCapacity === null ? [] : ['--backend-capacity']),
  ];
}
