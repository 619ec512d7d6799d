/** Sends notices over HTTPS; over HTTP only to hosts that an operator has named. */
import { RequestError } from '../../app/errors.ts';
import { NoticeError, type NoticeTransport } from '../../app/ports/notices.ts';
import { NetworkGuard, type Resolve } from '../network/guard.ts';
import { GuardedPosts, type Answer } from '../network/posts.ts';

const TIMEOUT_MILLISECONDS = 10_000;
const LONGEST_URL = 2000;
/** What a receiver says that is busy, and would take the same message later. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

export interface NoticeTransportOptions {
  /** Hosts, as URLs name them, that may be of any network. */
  readonly allowed: readonly string[];
  readonly resolve?: Resolve;
  /** PEM of who is believed; the system's authorities if absent. */
  readonly ca?: string;
  readonly timeoutMilliseconds?: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createNoticeTransport(options: NoticeTransportOptions): NoticeTransport {
  const { allowed, resolve, ca, timeoutMilliseconds = TIMEOUT_MILLISECONDS, now } = options;
  const guard = new NetworkGuard({ allowed, setting: 'CARTWRIGHT_NOTICE_HOSTS', failure }, resolve);
  const posts = new GuardedPosts({ guard, ca, timeoutMilliseconds, now });
  return {
    check(text) {
      const url = URL.canParse(text) && text.length <= LONGEST_URL ? new URL(text) : undefined;
      const refuse = (why: string): never => {
        throw new RequestError('INVALID', `url: ${why}`, { field: 'url' });
      };
      if (url === undefined || !['https:', 'http:'].includes(url.protocol)) return refuse('expected https://HOST/PATH');
      if (url.username !== '' || url.password !== '') return refuse('no user and no password: everybody would see it');
      if (url.protocol === 'http:' && !guard.isNamed(url.hostname))
        return refuse(
          `http:// is for hosts that an operator has named only (CARTWRIGHT_NOTICE_HOSTS); expected https://`,
        );
    },
    async send({ url, headers, body }, signal) {
      const to = new URL(url);
      const answer = await post(posts, to, headers, body, signal);
      if (answer.status >= 200 && answer.status < 300) return answer.status;
      const { status, retryAfterMilliseconds } = answer;
      const isLater = status >= 500 || LATER.has(status);
      throw new NoticeError(isLater ? 'NOTICE_UNREACHABLE' : 'NOTICE_REFUSED', `${to.host} answers ${status}`, {
        status,
        retryAfterMilliseconds,
      });
    },
    close: () => posts.close(),
  };
}

async function post(
  posts: GuardedPosts,
  to: URL,
  headers: Record<string, string>,
  body: Buffer,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await posts.post(to, headers, body, signal);
  } catch (error) {
    signal.throwIfAborted();
    const { cause, code, name } = error as Error & { cause?: unknown; code?: string };
    if (error instanceof NoticeError) throw error;
    if (cause instanceof NoticeError) throw cause;
    // Without the message: it may name addresses.
    throw failure('unreachable', `${to.host} cannot be reached (${code ?? name})`, error);
  }
}

function failure(kind: 'not-allowed' | 'unreachable', message: string, cause?: unknown): NoticeError {
  return new NoticeError(kind === 'not-allowed' ? 'NOTICE_HOST_NOT_ALLOWED' : 'NOTICE_UNREACHABLE', message, { cause });
}
