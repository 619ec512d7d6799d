/** `topology`: the members of a service cluster as load balancers follow them; whole, never a delta. QoS 1, retained. */
import * as z from 'zod';
import { limits } from './limits.ts';
import { loadBalancerSettings } from './load-balancer-settings.ts';
import { count, generation, id, nonNegative, parserOf, version } from './payload.ts';
import { hostName, httpUrl } from './text.ts';

/** Most aliases of one application. */
export const MAX_ALIASES = 256;

export const route = z.object({
  /** Exact host name, without port; absent: every host. */
  host: z
    .string()
    .max(253)
    .regex(/^[^\s\p{Cc}\p{Cs}/?#@]*$/u, 'expected a host name such as shop.example.org, without scheme and path')
    .optional(),
  /** Path prefix, matched by whole segments; the longest match wins. */
  path: z
    .string()
    .startsWith('/')
    .max(500)
    .regex(/^[^\s\p{Cc}\p{Cs}?#]*$/u, 'expected a path without white space, query and fragment'),
  /** `cookie`: a client comes back to the instance that it was sent to first, by a cookie. Absent: none. */
  affinity: z.enum(['none', 'cookie']).optional(),
  /** `required`: what comes without TLS is sent to the same address with it. Absent: both are served. */
  https: z.enum(['optional', 'required']).optional(),
  /** Seconds for which a browser that came by TLS shall come by nothing else (RFC 6797); 0 takes an earlier word back. Absent: nothing is said. */
  hstsSeconds: z.int().min(0).max(63_072_000).optional(),
  limits: limits.optional(),
});
export type Route = z.infer<typeof route>;

const member = z.object({
  instance: id,
  host: hostName,
  port: z.int().min(1).max(65535),
  weight: z.int().min(1).max(100),
  /** What an affinity cookie holds for this instance: it says nothing of it and cannot be guessed. Absent: the balancer makes one up. */
  affinity: z
    .string()
    .regex(/^[A-Za-z0-9_-]{16,64}$/)
    .optional(),
  /** Name of the host cluster that it is in. Absent: not known, or there is none. */
  hostCluster: id.optional(),
  /** `draining`: no new request; what is in flight goes on and is still reported. */
  state: z.enum(['active', 'draining']),
});
export type TopologyMember = z.infer<typeof member>;

export const topologyDocument = z.object({
  v: version,
  uid: id,
  epoch: generation,
  generation,
  routes: z.array(route).max(64),
  /** Requests that one instance serves at once; above it the balancer queues. 0: no limit declared. */
  concurrency: count,
  /** How long a request may wait while no member serves; absent: the balancer's default. */
  holdSeconds: nonNegative.max(3600).optional(),
  /** Time in which a member that has just joined comes up to its share of the requests; 0: it gets it at once. Absent: the balancer's default. */
  slowStartSeconds: nonNegative.max(3600).optional(),
  /** Of the whole application, over all its service clusters: each document says the same. */
  limits: limits.optional(),
  members: z.array(member).max(1000),
  /** In a load balancer's own document: every alias of its application that there is, its own included. Absent: not known. */
  aliases: z.array(id).max(MAX_ALIASES).optional(),
  /** In a load balancer's own document: what its application says of it. Absent: nothing, its defaults hold. */
  loadBalancer: loadBalancerSettings.optional(),
  /** In a load balancer's own document: where its agent fetches the application's certificates, and which they are. Absent: not known. */
  certificates: z.object({ revision: id, url: httpUrl }).optional(),
});
export type TopologyDocument = z.infer<typeof topologyDocument>;

export const parseTopology = parserOf<TopologyDocument>(topologyDocument);
