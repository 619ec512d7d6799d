/** A request's body as one attempt reads it, so that an attempt that fails does not take the client's connection with it. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

export class BodyTooLargeError extends Error {
  readonly code = 'BODY_TOO_LARGE';
}

export class ClientGoneError extends Error {
  readonly code = 'CLIENT_GONE';
}

/**
 * Reads from the client only as fast as the instance takes it. Destroying it leaves the client's request alone, paused.
 * While {@link hasBegun} is false nothing of the body is lost, and another attempt may read it.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #limitBytes: number;
  readonly #onBytes: (count: number) => void;
  #bytes = 0;
  #attached = false;
  #begun = false;

  constructor(request: IncomingMessage, limitBytes: number, onBytes: (count: number) => void) {
    super({ highWaterMark: 65_536 });
    this.#request = request;
    this.#limitBytes = limitBytes;
    this.#onBytes = onBytes;
  }

  get hasBegun(): boolean {
    return this.#begun;
  }

  override _read(): void {
    if (!this.#attached) {
      this.#attached = true;
      this.#request.on('data', this.#take).on('end', this.#finish).on('close', this.#abort);
    }
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#attached) {
      this.#request.off('data', this.#take).off('end', this.#finish).off('close', this.#abort);
      this.#request.pause();
    }
    callback(error);
  }

  readonly #take = (chunk: Buffer): void => {
    this.#begun = true;
    this.#bytes += chunk.length;
    this.#onBytes(chunk.length);
    if (this.#limitBytes > 0 && this.#bytes > this.#limitBytes)
      this.destroy(new BodyTooLargeError(`the request's body exceeds ${this.#limitBytes} bytes`));
    else if (!this.push(chunk)) this.#request.pause();
  };

  readonly #finish = (): void => {
    this.#begun = true;
    this.push(null);
  };

  readonly #abort = (): void => {
    if (!this.#request.complete) this.destroy(new ClientGoneError('the client closed the connection'));
  };
}

/** Whether a request has a body to forward (RFC 9112 §6.3). */
export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && Number(length) > 0;
}
