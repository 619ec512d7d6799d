/** What an application says of its load balancer itself, beside its routes and limits. */
import * as z from 'zod';

const addressOrNetwork = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

const network = z
  .string()
  .max(49)
  .refine(
    (value) => addressOrNetwork.safeParse(value).success,
    'expected an address or a network, such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32',
  );

const settings = {
  /**
   * Proxies in front of the load balancer: what they say in X-Forwarded-* and the like is believed, and nobody else's word. Empty:
   * nobody's. Absent: the load balancer's default.
   */
  trustedProxies: z.array(network).max(64).optional(),
  /** Whose X-Request-Id a request keeps; others get one of the load balancer's. Absent: anyone's. */
  requestIdsFrom: z.enum(['anyone', 'trusted-proxies']).optional(),
  /** `json`: an object a line; `combined`: the format of that name. In the log of the load balancer. Absent: its default. */
  accessLog: z.enum(['none', 'json', 'combined']).optional(),
};

export const loadBalancerSettings = z.object(settings);
export type LoadBalancerSettings = z.infer<typeof loadBalancerSettings>;
export type AccessLogFormat = NonNullable<LoadBalancerSettings['accessLog']>;

/** As people write them: an unknown field is an error. */
export const strictLoadBalancerSettings = z.strictObject(settings);
