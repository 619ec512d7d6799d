/** Bodies of requests: JSON up to a bound, and no waiting for what comes behind it. */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';

/** How long what is left of a request is read and thrown away once it was answered, so that its sender gets to read that. */
const REST_MILLISECONDS = 1000;

/**
 * Cuts off who goes on sending after the answer. Node would read on, and throw it away, until the whole request has come or
 * its time is over.
 */
export const boundRest: RequestHandler = (request, response, next) => {
  response.once('finish', () => {
    if (request.complete) return;
    const timer = setTimeout(() => request.socket.destroy(), REST_MILLISECONDS);
    for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer));
  });
  next();
};

/** Why a body was not taken: the status, the code and a sentence for the caller. */
export class BodyRefused extends Error {
  readonly status: 400 | 413 | 415;
  readonly code: string;

  constructor(status: BodyRefused['status'], code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Reads a body of JSON into `request.body`; one of another type is left alone, and `request.body` is an empty object. A
 * refused one goes to the error handler as {@link BodyRefused}, at once: the rest is not waited for.
 */
export function readJson(limitBytes: number): RequestHandler {
  return (request, _response, next) => {
    request.body = {};
    if (!request.is('application/json')) return next();
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity')
      return next(
        new BodyRefused(415, 'UNSUPPORTED_MEDIA_TYPE', 'the body of the request is compressed; send it as it is'),
      );
    collect(request, limitBytes, (body) => {
      if (body === undefined)
        return next(new BodyRefused(413, 'PAYLOAD_TOO_LARGE', 'the body of the request is too large'));
      const parsed = parsedObject(body);
      if (parsed === undefined) return next(unreadable());
      request.body = parsed;
      next();
    });
  };
}

/** Calls `done` once: with the whole body, or with nothing as soon as it is known to be too large. Never for a broken one. */
function collect(request: IncomingMessage, limitBytes: number, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > limitBytes) end(undefined);
  };
  const finish = (): void => end(Buffer.concat(chunks));
  const end = (body: Buffer | undefined): void => {
    request.off('data', take).off('end', finish);
    request.pause();
    done(body);
  };
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return done(undefined);
  // Nobody is left to be answered.
  request.on('error', () => request.destroy());
  request.on('data', take).on('end', finish);
}

function parsedObject(body: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function unreadable(): BodyRefused {
  return new BodyRefused(400, 'BAD_REQUEST', 'the body of the request cannot be read: expected JSON in UTF-8');
}
