/** The request by which a receiver is told of an event, in the form of Standard Webhooks. */
import { openFormer } from '../configuration/former-secret.ts';
import type { Vault } from '../ports/vault.ts';
import { signatureOf } from '../../domain/webhooks/standard.ts';
import type { NoticeRequest } from '../ports/notices.ts';
import type { EventRecord } from '../records/events.ts';
import type { NoticeRecord } from '../records/notices.ts';

/** What is told. */
export interface NoticeMessage {
  /** The same however often it is sent. */
  readonly id: string;
  readonly type: string;
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export function messageOf({ uid, type, at, sequence, tenant, application, subject, data }: EventRecord): NoticeMessage {
  return { id: uid, type, at, data: { uid, sequence, tenant, application, subject, data } };
}

/**
 * @param secrets the present one first; each of them signs
 * @param now when it is sent: what the receiver compares with its clock; milliseconds since the epoch
 */
export function requestOf(
  url: string,
  { id, type, at, data }: NoticeMessage,
  secrets: readonly string[],
  now: number,
): NoticeRequest {
  const body = Buffer.from(JSON.stringify({ type, timestamp: new Date(at).toISOString(), data }));
  const timestamp = String(Math.floor(now / 1000));
  return {
    url,
    headers: {
      'user-agent': 'cartwright',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      // As Standard Webhooks has it for the time of a rotation: several, with a space between.
      'webhook-signature': secrets.map((secret) => signatureOf(secret, { id, timestamp, body })).join(' '),
    },
    body,
  };
}

/** What signs a message now: the present secret, and for a time after a rotation the one before. Throws `SecretError`. */
export function secretsOf(vault: Pick<Vault, 'open'>, notice: NoticeRecord, now: number): readonly string[] {
  const former = openFormer(vault, notice, now);
  return [vault.open(notice, notice.sealed), ...(former === null ? [] : [former])];
}
