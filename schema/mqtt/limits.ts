/** Limits on the requests of an application or of a route: what is above them is answered 429 and is no demand. */
import * as z from 'zod';

const MOST = 1_000_000;

const allowance = {
  /** Above it, once the burst is used up, a request is refused. */
  requestsPerSecond: z.number().positive().max(MOST).optional(),
  /** Requests that may come at once after a pause; absent: those of one second, at least one. */
  burst: z.int().min(1).max(MOST).optional(),
  /** Requests that may be under way at the same time, waiting ones included. */
  concurrent: z.int().min(1).max(MOST).optional(),
};

const clientAllowance = z.object(allowance);
/** What one client, or all of them together, may ask for. */
export type Allowance = z.infer<typeof clientAllowance>;

/** For all clients together, and for each of them (by IPv4 address or IPv6 network of 64 bits). */
export const limits = z.object({ ...allowance, perClient: clientAllowance.optional() });
export type Limits = z.infer<typeof limits>;

function needsRate({ burst, requestsPerSecond }: Allowance): boolean {
  return burst === undefined || requestsPerSecond !== undefined;
}
const NEEDS_RATE = { path: ['burst'], error: 'expected requestsPerSecond beside burst' };

/** As people write them: an unknown field is an error. */
export const strictLimits = z
  .strictObject({ ...allowance, perClient: z.strictObject(allowance).refine(needsRate, NEEDS_RATE).optional() })
  .refine(needsRate, NEEDS_RATE);
