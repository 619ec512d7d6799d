/**
 * Learning the base b of a factor: what an instance uses without any work, and what therefore does not divide.
 *
 * Only idle seconds teach it (load balancers report that nothing arrives and nothing is in flight): under load, idle use cannot
 * be told from work. The estimate goes down quickly and up slowly, because a base taken too high would subtract real demand,
 * while one taken too low only asks for more instances than needed.
 */

export interface BaseEstimate {
  readonly base: number;
  /** Seconds of idleness that it was learnt from. */
  readonly idleSeconds: number;
  /** Time of the last observation, in milliseconds since the epoch. */
  readonly at: number;
}

export interface BaseObservation {
  readonly at: number;
  /** Mean value of the factor per instance. */
  readonly perInstance: number;
  /** Requests arriving per second and requests in flight, in all; null when no balancer reports. */
  readonly arrivalsPerSecond: number | null;
  readonly inFlight: number | null;
}

const LEAST_IDLE_SECONDS = 10;
const DOWN_SECONDS = 5;
const UP_SECONDS = 600;
const IDLE_IN_FLIGHT = 0.01;

/** The estimate after one more observation; observations that are not idle or not newer leave it as it is. */
export function learnBase(estimate: BaseEstimate | undefined, observation: BaseObservation): BaseEstimate | undefined {
  const { at, perInstance, arrivalsPerSecond, inFlight } = observation;
  if (arrivalsPerSecond !== 0 || inFlight === null || inFlight > IDLE_IN_FLIGHT || !(perInstance >= 0)) return estimate;
  if (estimate === undefined) return { base: perInstance, idleSeconds: 0, at };
  const seconds = (at - estimate.at) / 1000;
  if (!(seconds > 0)) return estimate;
  // A gap was no idleness, or at least none that anybody saw.
  const idle = Math.min(seconds, 2);
  const share = 1 - Math.exp(-idle / (perInstance < estimate.base ? DOWN_SECONDS : UP_SECONDS));
  return {
    base: estimate.base + share * (perInstance - estimate.base),
    idleSeconds: estimate.idleSeconds + idle,
    at,
  };
}

/** The base to decide with: what the policy declares, else what was learnt, else 0. */
export function baseOf(declared: number | undefined, estimate: BaseEstimate | undefined): number {
  if (declared !== undefined) return declared;
  return estimate !== undefined && estimate.idleSeconds >= LEAST_IDLE_SECONDS ? estimate.base : 0;
}
