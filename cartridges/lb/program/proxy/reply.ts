/** Answers that the balancer gives itself: one line of text that says what is wrong. */
import type { ServerResponse } from 'node:http';

export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds?: number;
}

export function reply(response: ServerResponse, refusal: Refusal, requestId: string | undefined, close: boolean): void {
  const body = Buffer.from(`${refusal.text}\n`);
  const headers = ['content-type', 'text/plain; charset=utf-8', 'content-length', String(body.length)];
  if (refusal.retryAfterSeconds !== undefined) headers.push('retry-after', String(refusal.retryAfterSeconds));
  if (requestId !== undefined) headers.push('x-request-id', requestId);
  if (close) headers.push('connection', 'close');
  response.writeHead(refusal.status, headers);
  response.end(body);
}
