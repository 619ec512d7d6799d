/** What load balancers have sent to the instances of an application and have no answer to yet. */
import type { Fleet } from './fleet.ts';

export interface BalancerShare {
  /** Uid of the load balancer's instance. */
  readonly balancer: string;
  readonly requestsInFlight: number;
}

/** By instance, what each load balancer has there. */
export type InFlight = ReadonlyMap<string, readonly BalancerShare[]>;

/** One pass over all load balancers, for whoever wants to know it of several instances. */
export function inFlightOf(fleet: Pick<Fleet, 'balancersOf'>, applicationUid: string): InFlight {
  const found = new Map<string, BalancerShare[]>();
  for (const balancer of fleet.balancersOf(applicationUid))
    for (const { record, inFlightByInstance } of balancer.live())
      for (const [instance, requestsInFlight] of inFlightByInstance) {
        const shares = found.get(instance) ?? [];
        shares.push({ balancer: record.uid, requestsInFlight });
        found.set(instance, shares);
      }
  return found;
}

/** Null: none reports it. */
export function totalInFlight(shares: readonly BalancerShare[] | undefined): number | null {
  return shares === undefined ? null : shares.reduce((sum, { requestsInFlight }) => sum + requestsInFlight, 0);
}
