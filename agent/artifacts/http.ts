/** GET with the instance's token. Redirects are refused: the token is for the address that was named. */
import { get as getPlain, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { get as getSecure } from 'node:https';

const IDLE_MILLISECONDS = 15_000;

/** Of an answer that refuses: enough for its error, whoever sends it. */
const MAX_REFUSAL_BYTES = 4096;

/** An answer other than the ones asked for. */
export class HttpError extends Error {
  readonly status: number;

  /** @param detail what the control plane says about it, if it does */
  constructor(url: string, status: number, detail?: string) {
    super(`${url} answered ${status}${detail === undefined ? '' : ` (${detail})`}`);
    this.name = 'HttpError';
    this.status = status;
  }
}

export interface GetOptions {
  readonly token: string;
  readonly signal: AbortSignal;
  readonly headers?: OutgoingHttpHeaders;
}

/** Resolves with an answer of status 200, 206 or 416; its body is the caller's to read or to destroy. Rejects otherwise. */
export function httpGet(url: string, { token, signal, headers }: GetOptions): Promise<IncomingMessage> {
  const get = url.startsWith('https:') ? getSecure : getPlain;
  return new Promise((resolve, reject) => {
    const request = get(url, { signal, headers: { ...headers, authorization: `Bearer ${token}` } }, (response) => {
      if ([200, 206, 416].includes(response.statusCode ?? 0)) return resolve(response);
      void detailOf(response).then((detail) => reject(new HttpError(url, response.statusCode ?? 0, detail)));
    });
    request.setTimeout(IDLE_MILLISECONDS, () =>
      request.destroy(new Error(`${url} was silent for ${IDLE_MILLISECONDS / 1000} s`)),
    );
    request.on('error', reject);
  });
}

/** Code and message of `{"error": {"code", "message"}}`; `undefined` for any other body. */
async function detailOf(response: IncomingMessage): Promise<string | undefined> {
  try {
    const body = JSON.parse((await readBody(response, MAX_REFUSAL_BYTES)).toString('utf8')) as { error?: unknown };
    const { code, message } = body.error as { code?: unknown; message?: unknown };
    return typeof code === 'string' && typeof message === 'string' ? `${code}: ${message}` : undefined;
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
