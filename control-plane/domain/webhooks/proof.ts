/**
 * How each Git host shows that a delivery is its own. Where a request holds several proofs the strongest decides, and one that
 * is wrong is not made good by another.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isSigned, TOLERANCE_SECONDS } from './standard.ts';

/** The forms of a delivery; `gitlab-token` is GitLab's without a signature. */
export type Form = 'github' | 'gitea' | 'gitlab' | 'gitlab-token';

/** Headers by their names in small letters, as Node gives them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a delivery claims to be, before anything of it was checked. */
export type Claim = {
  /** The host's name for this delivery; the same when it is sent again. */
  readonly id: string | null;
  /** The host's name for what happened. */
  readonly event: string | null;
} & (
  | { readonly form: 'github' | 'gitea'; readonly signature: string }
  | { readonly form: 'gitlab'; readonly signature: string; readonly timestamp: string; readonly id: string }
  | { readonly form: 'gitlab-token'; readonly token: string }
);

const LONGEST_ID = 200;

/** Null when there is no proof of any known form. */
export function claimOf(headers: Headers): Claim | null {
  const read = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  const id = (...names: string[]): string | null => names.map(read).find(isId) ?? null;
  const signed = read('webhook-signature');
  if (signed !== null) {
    const [message, timestamp] = [id('webhook-id'), read('webhook-timestamp')];
    if (message === null || timestamp === null) return null;
    return { form: 'gitlab', signature: signed, id: message, timestamp, event: read('x-gitlab-event') };
  }
  // Before GitHub's: Gitea sends GitHub's headers as well.
  const gitea = read('x-gitea-signature');
  if (gitea !== null)
    return { form: 'gitea', signature: gitea, id: id('x-gitea-delivery'), event: read('x-gitea-event') };
  const github = read('x-hub-signature-256');
  if (github !== null)
    return { form: 'github', signature: github, id: id('x-github-delivery'), event: read('x-github-event') };
  const token = read('x-gitlab-token');
  if (token !== null)
    return {
      form: 'gitlab-token',
      token,
      id: id('idempotency-key', 'x-gitlab-event-uuid'),
      event: read('x-gitlab-event'),
    };
  return null;
}

/**
 * Compares in constant time over the body as it came. `stale`: it was signed with the secret, too long ago or too far ahead.
 *
 * @param now milliseconds since the epoch
 */
export function verdictOn(claim: Claim, secret: string, body: Buffer, now: number): 'good' | 'wrong' | 'stale' {
  switch (claim.form) {
    case 'github':
      return isMac(secret, body, /^sha256=([0-9a-f]{64})$/i.exec(claim.signature)?.[1]) ? 'good' : 'wrong';
    case 'gitea':
      return isMac(secret, body, /^([0-9a-f]{64})$/i.exec(claim.signature)?.[1]) ? 'good' : 'wrong';
    case 'gitlab':
      if (!/^\d{1,12}$/.test(claim.timestamp)) return 'wrong';
      if (!isSigned(secret, { ...claim, body }, claim.signature)) return 'wrong';
      return Math.abs(now / 1000 - Number(claim.timestamp)) <= TOLERANCE_SECONDS ? 'good' : 'stale';
    case 'gitlab-token':
      return timingSafeEqual(sha256(claim.token), sha256(secret)) ? 'good' : 'wrong';
  }
}

/**
 * What is remembered of a delivery so that it has no second effect: its id, and its body unless the id was signed with it (who
 * caught one could send it again under another id). Digests, 64 hex digits each.
 */
export function marksOf(claim: Claim, body: Buffer): readonly string[] {
  const ofId = claim.id === null ? [] : [mark('id', Buffer.from(claim.id))];
  return claim.form === 'gitlab' ? ofId : [...ofId, mark('body', body)];
}

function isMac(secret: string, body: Buffer, hex: string | undefined): boolean {
  if (hex === undefined) return false;
  return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), Buffer.from(hex, 'hex'));
}

function isId(value: string | null): value is string {
  return value !== null && value !== '' && value.length <= LONGEST_ID;
}

function mark(kind: string, content: Buffer): string {
  return createHash('sha256').update(`${kind}\n`).update(content).digest('hex');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
