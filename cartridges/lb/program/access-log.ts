/** The access log: one JSON object a line. */
import type { IncomingMessage } from 'node:http';

export interface AccessRecord {
  readonly requestId: string;
  readonly alias: string | undefined;
  readonly instance: string | undefined;
  readonly client: string | undefined;
  readonly method: string;
  readonly host: string;
  readonly url: string;
  /** What the client got; 499: it did not wait. */
  readonly status: number;
  /** `completed`, or why not. */
  readonly outcome: string;
  readonly error: string | undefined;
  readonly retries: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the request's arrival to its end. */
  readonly seconds: number;
}

/** What is known of a request however it ended. */
export function recordOf(
  of: Pick<AccessRecord, 'requestId' | 'alias' | 'client' | 'host' | 'url'>,
  { method }: Pick<IncomingMessage, 'method'>,
  end: { readonly status: number; readonly outcome: string; readonly error?: Error | undefined },
) {
  const { requestId, alias, client, host, url } = of;
  const { status, outcome, error } = end;
  return { requestId, alias, client, method: method ?? '', host, url, status, outcome, error: error?.message };
}

export function accessLine(record: AccessRecord, time: Date): string {
  const { url, ...rest } = record;
  // Queries carry tokens often enough: only the path is logged.
  const path = url.split('?', 1)[0];
  return `${JSON.stringify({ time: time.toISOString(), ...rest, path, seconds: Number(record.seconds.toFixed(6)) })}\n`;
}
