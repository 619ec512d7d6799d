/**
 * `<instance>/demand`: what a load balancer saw of each service cluster behind it, every second. QoS 0, not retained.
 *
 * Everything that can be is cumulative since the balancer's session began: the mean of a second is the difference of two
 * reports divided by the time between them, and a lost report loses resolution but no request.
 */
import * as z from 'zod';
import { byId, count, id, nonNegative, parserOf, version } from './payload.ts';

/** Upper bounds of the latency histogram's buckets, in milliseconds; one more bucket takes what is above the last. */
export const LATENCY_BUCKETS_MILLISECONDS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000,
] as const;

/** Most aliases of one report: those of an application, and some that were removed a moment ago. */
export const MAX_TARGETS = 256;
/** Most instances of one alias: the members of a topology, and as many that were removed a moment ago. */
const MAX_INSTANCES = 2000;

const instanceDemand = z.object({
  /** Forwarded to this instance and not yet answered. */
  inFlight: count,
  /** Integral of inFlight over time (request seconds), cumulative. */
  inFlightSeconds: nonNegative,
  completions: count,
  /** Requests that ended without a complete answer from this instance (connect error, reset, time-out), cumulative. */
  failures: count,
});
export type InstanceDemand = z.infer<typeof instanceDemand>;

const targetDemand = z.object({
  inFlight: count,
  queued: count,
  /** Integral of (forwarded + queued) over time (request seconds), cumulative. */
  inFlightSeconds: nonNegative,
  /** Integral of queued alone over time (request seconds), cumulative. */
  queuedSeconds: nonNegative,
  /** Seconds during which anything was queued or shed, cumulative: a difference above 0 marks the interval as saturated. */
  saturatedSeconds: nonNegative,
  arrivals: count,
  /** Complete answers by status class 1xx … 5xx, cumulative. */
  completions: z.tuple([count, count, count, count, count]),
  /** Sum over completions of the time from forwarding to the last byte (seconds), cumulative: service time without queueing. */
  serviceSeconds: nonNegative,
  /** Answered 503 by the balancer because the queue was full or nobody serves, cumulative. */
  sheds: count,
  /** Requests answered 502 or 504 by the balancer or cut off, cumulative. */
  failures: count,
  /** Requests that ended on the client’s side: it went away before the answer was complete, or sent what cannot be forwarded (400, 413), cumulative; absent: not counted. */
  abandoned: count.optional(),
  /** Answered 429 by the balancer because a limit was reached, cumulative: no arrivals, and no demand. Absent: not counted. */
  throttled: count.optional(),
  /** Instances taken out for a while because they refused connections or failed where others did not, cumulative; absent: not counted. */
  ejections: count.optional(),
  /** Answers to clients that had a cookie of another instance, which was draining, ejected or gone, cumulative; absent: not counted. */
  affinityBroken: count.optional(),
  bytesIn: nonNegative,
  bytesOut: nonNegative,
  /** Completions by latency from arrival to the last byte, per bucket (not summed up over buckets), cumulative. */
  latency: z.array(count).length(LATENCY_BUCKETS_MILLISECONDS.length + 1),
  instances: byId(instanceDemand, MAX_INSTANCES),
});
export type TargetDemand = z.infer<typeof targetDemand>;

const demandReport = z.object({
  v: version,
  session: id,
  sequence: count,
  ageMilliseconds: nonNegative,
  /** Seconds since the balancer's session began, on its monotonic clock: the denominator of every difference. */
  uptimeSeconds: nonNegative,
  /** By alias of the same application. */
  targets: byId(targetDemand, MAX_TARGETS),
});
export type DemandReport = z.infer<typeof demandReport>;

export const parseDemand = parserOf<DemandReport>(demandReport);
export { targetDemand };
