/** A message that is no HTTP, or comes too slowly: one answer that says what is wrong, a line of the access log, and the end of the connection. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AccessLog } from '../access-log.ts';
import { plain } from './arrival.ts';
import { replyOnSocket, type Refusal } from './reply.ts';

/** What Node's parser says of it: a code, and for most the parser's own words, which quote nothing of the message. */
export type Unreadable = NodeJS.ErrnoException & { readonly reason?: string };

export interface UnreadableOptions {
  /** Most that a request's headers may have. */
  readonly headerBytes: number;
  readonly access: AccessLog;
}

/** @param newest the newest answer of the connection, whether begun or not */
export function answerUnreadable(
  error: Unreadable,
  socket: Duplex,
  newest: ServerResponse | undefined,
  options: UnreadableOptions,
): void {
  const isUnderWay = newest !== undefined && !newest.writableFinished;
  // Not in the middle of another answer, which it would become a part of.
  const isAnswering = isUnderWay && (newest.headersSent || newest.socket === null);
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const refusal = refusalOf(error, options.headerBytes);
  const { remoteAddress } = socket as Duplex & { readonly remoteAddress?: string };
  replyOnSocket(socket, refusal, requestId);
  // A request that is under way has a line of its own.
  if (isUnderWay) return;
  options.access.log(() => ({
    ...{ requestId, alias: undefined, instance: undefined, client: plain(remoteAddress ?? 'unknown') },
    ...{ method: '', host: '', url: '', version: '', referer: undefined, userAgent: undefined },
    ...{ status: refusal.status, outcome: 'unreadable', error: error.reason ?? error.message },
    ...{ retries: 0, bytesIn: 0, bytesOut: 0, seconds: 0 },
  }));
}

function refusalOf(error: Unreadable, headerBytes: number): Refusal {
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return {
      status: 431,
      text: `The request has too many headers, or more than ${headerBytes} bytes of them and its first line.`,
    };
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, text: 'The request did not come as a whole in time.' };
  return { status: 400, text: `The request is not valid HTTP: ${error.reason ?? error.message}.` };
}
