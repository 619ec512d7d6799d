/** Answers that the balancer gives itself: one line of text that says what is wrong. */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ShedReason } from '../balancing/target.ts';
import { ANSWER_HEADER_BYTES } from './pool.ts';

export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds?: number;
  /** Where to ask instead. */
  readonly location?: string;
}

export const SHED: Readonly<Record<ShedReason, Refusal>> = {
  'queue-full': { status: 503, text: 'Too many requests wait for an instance.', retryAfterSeconds: 1 },
  'queue-timeout': { status: 503, text: 'No instance became free in time.', retryAfterSeconds: 1 },
  'no-instance': { status: 503, text: 'No instance serves this at the moment.', retryAfterSeconds: 5 },
  'route-removed': { status: 503, text: 'This was just taken out of service.', retryAfterSeconds: 5 },
};
export const UNANSWERED: Refusal = {
  status: 502,
  text: 'The instance closed the connection without a complete answer.',
};
/** What an instance says that cannot be passed on. */
export const UNREADABLE: Readonly<Record<'headers-too-long' | 'no-http', Refusal>> = {
  'headers-too-long': {
    status: 502,
    text: `The instance’s answer has too many headers, or more than ${ANSWER_HEADER_BYTES} bytes of them.`,
  },
  'no-http': { status: 502, text: 'The instance’s answer is not valid HTTP.' },
};

export function reply(response: ServerResponse, refusal: Refusal, requestId: string | undefined, close: boolean): void {
  const { headers, body } = messageOf(refusal, requestId, close);
  response.writeHead(refusal.status, headers);
  response.end(body);
}

/** The same on a connection that no answer of Node's belongs to; it ends with it. */
export function replyOnSocket(socket: Duplex, refusal: Refusal, requestId: string): void {
  const { headers, body } = messageOf(refusal, requestId, true);
  let head = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  socket.end(`${head}\r\n${body}`, () => socket.destroy());
}

function messageOf(refusal: Refusal, requestId: string | undefined, close: boolean) {
  const body = `${refusal.text}\n`;
  const headers = ['content-type', 'text/plain; charset=utf-8', 'content-length', String(Buffer.byteLength(body))];
  if (refusal.retryAfterSeconds !== undefined) headers.push('retry-after', String(refusal.retryAfterSeconds));
  if (refusal.location !== undefined) headers.push('location', refusal.location);
  if (requestId !== undefined) headers.push('x-request-id', requestId);
  if (close) headers.push('connection', 'close');
  return { headers, body };
}
