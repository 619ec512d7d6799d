/**
 * The series of what was asked of a service cluster, whoever scaled it: arrivals per second × time of service in seconds, the
 * number of requests that would be in flight if none had to wait (Little's law). What really was in flight the policy of that time
 * shaped: where it was short, requests waited or were refused.
 */
export const DEMAND = 'demand';

/**
 * @param serviceSeconds null: no request was ever answered
 * Undefined where nothing can be said: something was asked for, and nobody knows how long it takes.
 */
export function demandOf(arrivalsPerSecond: number, serviceSeconds: number | null): number | undefined {
  if (arrivalsPerSecond === 0) return 0;
  return serviceSeconds === null ? undefined : arrivalsPerSecond * serviceSeconds;
}
