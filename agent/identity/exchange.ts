/** Asks the control plane once which instance this pod is. */
import { readFile } from 'node:fs/promises';
import {
  identityAnswer,
  MAX_IDENTITY_ANSWER_BYTES,
  type IdentityAnswer,
  type IdentityRequest,
} from '../../schema/agent/identity.ts';
import { HttpError, httpPost, readBody } from '../artifacts/http.ts';
import type { IdentitySettings } from './settings.ts';

/** Of a whole exchange, where nothing else is said. */
const LIMIT_MILLISECONDS = 30_000;

/** There is no answer yet. The message holds no token. */
export class IdentityRefused extends Error {
  /** The control plane's own code, where it was the control plane that refused. */
  readonly code: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Nobody has said whether this pod is an instance: no answer, or one of a server that cannot say it now. */
  readonly isAway: boolean;

  constructor(message: string, cause: unknown) {
    super(message);
    this.name = 'IdentityRefused';
    this.isAway = !(cause instanceof HttpError) || cause.status >= 500;
    if (!(cause instanceof HttpError)) return;
    this.code = cause.code;
    this.retryAfterSeconds = cause.retryAfterSeconds;
  }
}

/** Throws {@link IdentityRefused}, or the signal's reason. */
export async function exchange(
  settings: IdentitySettings,
  signal: AbortSignal,
  limitMilliseconds = LIMIT_MILLISECONDS,
): Promise<IdentityAnswer> {
  const { url, hostCluster, podTokenFile } = settings;
  let token = '';
  try {
    token = (await readFile(podTokenFile, 'utf8')).trim();
    const request: IdentityRequest = { v: 1, hostCluster, token };
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMilliseconds)]);
    const response = await httpPost(url, request, limited);
    return parseAnswer(url, await readBody(response, MAX_IDENTITY_ANSWER_BYTES));
  } catch (error) {
    signal.throwIfAborted();
    const { message } = error as Error;
    // Whoever answers may quote what was sent.
    throw new IdentityRefused(token === '' ? message : message.replaceAll(token, '…'), error);
  }
}

function parseAnswer(url: string, body: Buffer): IdentityAnswer {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's message would quote the text, which may hold a token.
    throw new Error(`the answer of ${url} is not JSON`);
  }
  const { data, error } = identityAnswer.safeParse(value);
  if (data !== undefined) return data;
  throw new Error(`the answer of ${url} is not understood (${error.issues[0]?.path.join('.') ?? ''})`);
}
