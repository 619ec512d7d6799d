/** What the plant and everybody who judges it take for given: how requests are served, and how many replicas that needs. */

export interface ServiceModel {
  /** Requests that a replica serves at once. */
  readonly concurrency: number;
  /** Mean of the time that a replica needs for a request, in seconds. */
  readonly meanSeconds: number;
  /** The part of that time that never changes, in seconds, below the mean: the location of a lognormal distribution of three parameters. */
  readonly locationSeconds: number;
  /** Standard deviation of the logarithm of the rest; 0: it is always the mean. */
  readonly shape: number;
  /** A request answered within so long is answered well; null: nobody has said. */
  readonly objectiveSeconds: number | null;
  /** Requests that wait for a replica at most; more are refused. */
  readonly queueLimit: number;
  /** A request that is not answered after so long has failed. */
  readonly timeoutSeconds: number;
}

export interface StartModel {
  /** From asking for a replica until it serves. */
  readonly seconds: number;
  /** Each start takes between (1 − jitter) and (1 + jitter) of it; 0 to 1. */
  readonly jitter: number;
}

/** In seconds. */
export function longestStart({ seconds, jitter }: StartModel): number {
  return seconds * (1 + jitter);
}

export const DEFAULT_SERVICE: ServiceModel = {
  ...{
    concurrency: 8,
    meanSeconds: 0.1,
    locationSeconds: 0,
    shape: 0.5,
    objectiveSeconds: null,
    queueLimit: 1000,
    timeoutSeconds: 5,
  },
};
export const DEFAULT_START: StartModel = { seconds: 20, jitter: 0.1 };

/** Share of its concurrency that a replica carries nominally. */
const NOMINAL_SHARE = 0.7;

/** Requests in flight that a replica carries nominally. */
export function nominalInFlight({ concurrency }: ServiceModel): number {
  return NOMINAL_SHARE * concurrency;
}

/**
 * The least number of replicas that serves a rate at the nominal target: by Little's law λ·E[S] requests are in flight. One where nothing
 * is asked: no scaler here may go below.
 */
export function requiredReplicas(rate: number, service: ServiceModel): number {
  return Math.max(1, Math.ceil((rate * service.meanSeconds) / nominalInFlight(service) - 1e-9));
}

/** What rates are to be multiplied by so that the highest one needs `replicas`. */
export function factorToPeak(highest: number, replicas: number, service: ServiceModel): number {
  return highest === 0 ? 1 : (replicas * nominalInFlight(service)) / service.meanSeconds / highest;
}
