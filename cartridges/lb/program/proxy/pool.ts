/** Connections to one instance. */
import { isIPv6 } from 'node:net';
import { Pool } from 'undici';
import type { UpstreamLimits } from '../config.ts';
import type { OpenPool } from '../balancing/member.ts';

/**
 * Longest time that an unused connection is kept, below the 5 s after which a Node server (and the shortest of the usual
 * others) closes it: a request must not meet a connection that is just being closed.
 */
const KEEP_ALIVE_MILLISECONDS = 4000;

/** Most that the headers of an instance's answer may have. */
export const ANSWER_HEADER_BYTES = 16_384;

/** Opens pools whose connections carry one request at a time; how many there are is the balancer's business, not the pool's. */
export function poolOpener(limits: UpstreamLimits): OpenPool {
  return (host, port) =>
    new Pool(`http://${isIPv6(host) ? `[${host}]` : host}:${port}`, {
      connections: null,
      pipelining: 1,
      maxHeaderSize: ANSWER_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
      keepAliveMaxTimeout: KEEP_ALIVE_MILLISECONDS,
      connectTimeout: limits.connectSeconds * 1000,
      headersTimeout: limits.answerSeconds * 1000,
      bodyTimeout: limits.idleSeconds * 1000,
    });
}
