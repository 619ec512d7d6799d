/** GET and PUT with the instance's token, and POST. Redirects are refused: what is sent is for the address that was named. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  request as requestPlain,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { request as requestSecure } from 'node:https';
import { Readable } from 'node:stream';

const IDLE_MILLISECONDS = 15_000;

/** Of an answer that refuses: enough for its error, whoever sends it. */
const MAX_REFUSAL_BYTES = 4096;

/** An answer other than the ones asked for. */
export class HttpError extends Error {
  readonly status: number;
  /** The control plane's own code, if it says one. */
  readonly code: string | undefined;
  /** When to ask again, if that is said in seconds. */
  readonly retryAfterSeconds: number | undefined;

  /** @param detail what the control plane says about it, if it does */
  constructor(url: string, status: number, detail?: RefusalDetail, retryAfterSeconds?: number) {
    super(`${url} answered ${status}${detail === undefined ? '' : ` (${detail.code}: ${detail.message})`}`);
    this.name = 'HttpError';
    this.status = status;
    this.code = detail?.code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface RefusalDetail {
  readonly code: string;
  readonly message: string;
}

export interface GetOptions {
  readonly token: string;
  readonly signal: AbortSignal;
  readonly headers?: OutgoingHttpHeaders;
}

/** Resolves with an answer of status 200, 206 or 416; its body is the caller's to read or to destroy. Rejects otherwise. */
export function httpGet(url: string, { token, signal, headers }: GetOptions): Promise<IncomingMessage> {
  return ask(url, { signal, headers: { ...headers, authorization: `Bearer ${token}` } }, [200, 206, 416]);
}

/** Sends JSON. Resolves with an answer of status 200; its body is the caller's to read or to destroy. Rejects otherwise, without what was sent. */
export function httpPost(url: string, body: object, signal: AbortSignal): Promise<IncomingMessage> {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return ask(url, { method: 'POST', signal, headers }, [200], text);
}

/** Sends bytes. Resolves with an answer of status 200; its body is the caller's to read or to destroy. Rejects otherwise. */
export function httpPut(url: string, { token, signal, headers }: GetOptions, body: Buffer): Promise<IncomingMessage> {
  const all = { ...headers, authorization: `Bearer ${token}`, 'content-length': body.length };
  return ask(url, { method: 'PUT', signal, headers: all }, [200], body);
}

/** Sends a file, which stays as it is meanwhile. Resolves and rejects as {@link httpPut}. */
export async function httpPutFile(
  url: string,
  { token, signal, headers }: GetOptions,
  path: string,
): Promise<IncomingMessage> {
  const { size } = await stat(path);
  const all = { ...headers, authorization: `Bearer ${token}`, 'content-length': size };
  return ask(url, { method: 'PUT', signal, headers: all }, [200], createReadStream(path));
}

function ask(
  url: string,
  options: RequestOptions,
  expected: readonly number[],
  body?: string | Buffer | Readable,
): Promise<IncomingMessage> {
  const begin = url.startsWith('https:') ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const request = begin(url, options, (response) => {
      const { statusCode = 0 } = response;
      if (expected.includes(statusCode)) return resolve(response);
      const after = Number(response.headers['retry-after'] ?? NaN);
      void detailOf(response).then((detail) =>
        reject(new HttpError(url, statusCode, detail, Number.isFinite(after) ? after : undefined)),
      );
    });
    request.setTimeout(IDLE_MILLISECONDS, () =>
      request.destroy(new Error(`${url} was silent for ${IDLE_MILLISECONDS / 1000} s`)),
    );
    request.on('error', reject);
    if (!(body instanceof Readable)) return void request.end(body);
    // Whoever refuses may not read it to its end; that answer counts.
    body.on('error', (error) => request.destroy(error));
    request.once('close', () => body.destroy());
    body.pipe(request);
  });
}

/** Code and message of `{"error": {"code", "message"}}`; `undefined` for any other body. */
async function detailOf(response: IncomingMessage): Promise<RefusalDetail | undefined> {
  try {
    const body = JSON.parse((await readBody(response, MAX_REFUSAL_BYTES)).toString('utf8')) as { error?: unknown };
    const { code, message } = body.error as { code?: unknown; message?: unknown };
    return typeof code === 'string' && typeof message === 'string' ? { code, message } : undefined;
  } catch {
    // It is a detail of a failure that is told anyway.
    response.destroy();
    return undefined;
  }
}

/** The whole body, up to a bound. Rejects when there is more. */
export async function readBody(response: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maximumBytes) {
      response.destroy();
      throw new Error(`the answer is longer than ${maximumBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
