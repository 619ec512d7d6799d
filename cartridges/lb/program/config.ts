/** The balancer's configuration: environment variables, all optional but those that the agent sets. */
import { z } from 'zod';
import type { AccessLogFormat } from '../../../schema/mqtt/load-balancer-settings.ts';

const seconds = (preset: number) => z.coerce.number().positive().max(86_400).default(preset);
const whole = (preset: number, least: number, most: number) =>
  z.coerce.number().int().min(least).max(most).default(preset);
const flag = z
  .enum(['0', '1'])
  .default('0')
  .transform((value) => value === '1');

const ACCESS_LOGS = { '0': 'none', '1': 'json', json: 'json', combined: 'combined' } as const;

const environment = z.object({
  HOST: z.string().min(1).default('0.0.0.0'),
  PORT: z.coerce.number().int().min(0).max(65_535),
  CARTWRIGHT_SOCKET: z.string().min(1),
  /** Requests of one service cluster that may wait for an instance; the next ones are shed. */
  LB_QUEUE_LIMIT: whole(1000, 0, 1_000_000),
  /** Longest wait while instances serve but all are at their limit. */
  LB_QUEUE_SECONDS: seconds(30),
  /** Longest wait while no instance serves at all. */
  LB_NO_INSTANCE_SECONDS: seconds(10),
  LB_CONNECT_SECONDS: seconds(2),
  /** Longest time from a request's last byte to the first of its answer; then 504. */
  LB_ANSWER_SECONDS: seconds(60),
  /** Longest silence of an instance in the middle of an answer. */
  LB_IDLE_SECONDS: seconds(300),
  /** Longest time that a client may take to its first byte, and from there for its TLS handshake. */
  LB_HANDSHAKE_SECONDS: seconds(10),
  LB_HEADER_BYTES: whole(16_384, 1024, 1_048_576),
  /** Longest time that a client may take for a request's headers. */
  LB_HEADER_SECONDS: seconds(10),
  /** Longest time that a client may take for a whole request, its body included. */
  LB_REQUEST_SECONDS: seconds(300),
  /** Largest request body; 0: no limit. */
  LB_BODY_BYTES: whole(0, 0, Number.MAX_SAFE_INTEGER),
  /** How long an unused client connection stays open. */
  LB_KEEP_ALIVE_SECONDS: seconds(75),
  LB_MAXIMUM_CONNECTIONS: whole(10_000, 1, 1_000_000),
  /** Longest time that requests in flight get when the balancer is stopped. */
  LB_DRAIN_SECONDS: seconds(25),
  /** 1: whoever connects is a proxy whose X-Forwarded-* headers are kept and extended, where the application names none. */
  LB_TRUST_FORWARDED: flag,
  /** Format of the access log on stdout, where the application says nothing; 1: JSON. */
  LB_ACCESS_LOG: z
    .enum(['0', '1', 'json', 'combined'])
    .default('0')
    .transform((value) => ACCESS_LOGS[value]),
});

export interface Config {
  readonly listen: { readonly host: string; readonly port: number };
  /** Path of the agent's Unix socket. */
  readonly socket: string;
  readonly queue: QueueLimits;
  readonly upstream: UpstreamLimits;
  readonly client: ClientLimits;
  readonly drainSeconds: number;
  readonly trustForwarded: boolean;
  readonly accessLog: AccessLogFormat;
}

export interface QueueLimits {
  readonly length: number;
  readonly seconds: number;
  readonly noInstanceSeconds: number;
}

export interface UpstreamLimits {
  readonly connectSeconds: number;
  readonly answerSeconds: number;
  readonly idleSeconds: number;
}

interface ClientLimits {
  readonly handshakeSeconds: number;
  readonly headerBytes: number;
  readonly headerSeconds: number;
  readonly requestSeconds: number;
  /** 0: no limit. */
  readonly bodyBytes: number;
  readonly keepAliveSeconds: number;
  readonly maximumConnections: number;
}

export type ParsedConfig =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly string[] };

export function parseConfig(variables: Readonly<Record<string, string | undefined>>): ParsedConfig {
  const result = environment.safeParse(variables);
  if (!result.success) {
    return {
      ok: false,
      problems: result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    };
  }
  const value = result.data;
  return {
    ok: true,
    config: {
      listen: { host: value.HOST, port: value.PORT },
      socket: value.CARTWRIGHT_SOCKET,
      queue: {
        length: value.LB_QUEUE_LIMIT,
        seconds: value.LB_QUEUE_SECONDS,
        noInstanceSeconds: value.LB_NO_INSTANCE_SECONDS,
      },
      upstream: {
        connectSeconds: value.LB_CONNECT_SECONDS,
        answerSeconds: value.LB_ANSWER_SECONDS,
        idleSeconds: value.LB_IDLE_SECONDS,
      },
      client: {
        handshakeSeconds: value.LB_HANDSHAKE_SECONDS,
        headerBytes: value.LB_HEADER_BYTES,
        headerSeconds: value.LB_HEADER_SECONDS,
        requestSeconds: value.LB_REQUEST_SECONDS,
        bodyBytes: value.LB_BODY_BYTES,
        keepAliveSeconds: value.LB_KEEP_ALIVE_SECONDS,
        maximumConnections: value.LB_MAXIMUM_CONNECTIONS,
      },
      drainSeconds: value.LB_DRAIN_SECONDS,
      trustForwarded: value.LB_TRUST_FORWARDED,
      accessLog: value.LB_ACCESS_LOG,
    },
  };
}
