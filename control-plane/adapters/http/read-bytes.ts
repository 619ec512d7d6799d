/** Bodies of requests, whole and as they came, up to a size and within a time. */
import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../app/errors.ts';

/**
 * Throws `RequestError` PAYLOAD_TOO_LARGE as soon as that is known, REQUEST_TIMEOUT when the body has not come within the
 * time, and INVALID when it broke off. What is left of the body is the caller's to end.
 */
export async function readBytes(
  request: IncomingMessage,
  { bytes, milliseconds }: { readonly bytes: number; readonly milliseconds: number },
): Promise<Buffer> {
  const tooLarge = new RequestError('PAYLOAD_TOO_LARGE', `the body is larger than ${bytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > bytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let taken = 0;
  return new Promise<Buffer>((resolve, reject) => {
    const timer = setTimeout(() => {
      end(() => reject(new RequestError('REQUEST_TIMEOUT', `the body did not come within ${milliseconds} ms`)));
    }, milliseconds);
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      taken += chunk.byteLength;
      if (taken > bytes) end(() => reject(tooLarge));
    };
    const finish = (): void => end(() => resolve(Buffer.concat(chunks)));
    const broken = (): void => end(() => reject(new RequestError('INVALID', 'the body broke off')));
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      request.off('data', take).off('end', finish).off('close', broken);
      request.pause();
      settle();
    };
    // What `error` would say, `close` says, too.
    request.on('error', () => undefined);
    request.on('data', take).on('end', finish).on('close', broken);
  });
}
