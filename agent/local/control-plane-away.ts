/** Whether there is a control plane that could publish anything. */
import { HttpError, httpGet } from '../artifacts/http.ts';

const LIMIT_MILLISECONDS = 3000;

/**
 * Resolves with `true` where nobody answers in time, or with 5xx: a control plane that waits for the lease, or a proxy with none behind it. Any
 * other answer is one. Never rejects.
 *
 * @param url of the instance endpoints, as the document says it
 */
export async function isControlPlaneAway(url: string, token: string): Promise<boolean> {
  try {
    (await httpGet(url, { token, signal: AbortSignal.timeout(LIMIT_MILLISECONDS) })).destroy();
    return false;
  } catch (error) {
    return !(error instanceof HttpError) || error.status >= 500;
  }
}
