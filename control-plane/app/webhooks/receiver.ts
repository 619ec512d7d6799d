/**
 * Takes what Git hosts send. A delivery that is the host's own marks a source to be asked about, and nothing else: which commit
 * there is says the repository, when it is asked.
 */
import { readEvent, type GitEvent } from '../../domain/webhooks/event.ts';
import { whyNotFollowed } from '../../domain/webhooks/follows.ts';
import { claimOf, marksOf, verdictOn, type Claim, type Headers } from '../../domain/webhooks/proof.ts';
import type { GitPoller } from '../deploy/git-poller.ts';
import { openFormer } from '../configuration/former-secret.ts';
import { RequestError } from '../errors.ts';
import { subjectOf, type EventRecorder, type Happening } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Store, Transaction } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { WebhookDelivery, WebhookRecord } from '../records/webhooks.ts';

const ADDRESS = /^[A-Za-z0-9_-]{43}$/;
/** How long a delivery is remembered. */
const REMEMBER_MILLISECONDS = 7 * 24 * 3600 * 1000;
/** Refusals of one webhook are told in the event log at most this often. */
const TELL_EVERY_MILLISECONDS = 600_000;

export interface WebhookReceiverOptions {
  readonly store: Store;
  readonly vault: Pick<Vault, 'open'>;
  readonly fleet: Fleet;
  readonly events: EventRecorder;
  readonly poller: Pick<GitPoller, 'look'>;
  /** Resolves when what is wanted has been read: before, nothing says whose a webhook is. */
  readonly opened: Promise<void>;
  readonly now: () => number;
}

export interface Delivered {
  readonly headers: Headers;
  /** As it came, byte by byte. */
  readonly body: Buffer;
}

export interface Received {
  /** How it was signed. */
  readonly form: Claim['form'];
  /** `replayed`: the same delivery was taken before; it has no effect. */
  readonly result: WebhookDelivery['result'] | 'replayed';
  /** For a person. */
  readonly detail: string;
}

export class WebhookReceiver {
  readonly #options: WebhookReceiverOptions;
  readonly #lastTold = new Map<string, number>();

  constructor(options: WebhookReceiverOptions) {
    this.#options = options;
  }

  /** The webhook of an address. Throws `RequestError` NOT_FOUND. */
  async find(address: string): Promise<WebhookRecord> {
    const [record] = ADDRESS.test(address) ? await this.#options.store.webhooks.find({ address }, { limit: 1 }) : [];
    if (record === undefined) throw new RequestError('NOT_FOUND', 'there is no such webhook');
    return record;
  }

  /**
   * Throws `RequestError` UNAUTHENTICATED when the delivery is not the host's own, INVALID when it is and cannot be read,
   * NOT_FOUND when its service cluster is gone, and `SecretError`.
   */
  async receive(webhook: WebhookRecord, { headers, body }: Delivered): Promise<Received> {
    const { fleet, opened, now } = this.#options;
    await opened;
    const cluster = fleet.cluster(webhook.cluster);
    if (cluster === undefined || cluster.record.deletingSince !== null)
      throw new RequestError('NOT_FOUND', 'there is no such webhook');
    const claim = claimOf(headers);
    if (claim === null) throw await this.#refuse(webhook, cluster, REFUSALS.missing);
    const { verdict, isFormer } = this.#verdict(webhook, claim, body);
    if (verdict !== 'good') throw await this.#refuse(webhook, cluster, REFUSALS[verdict]);
    const type = headers['content-type'];
    const event = readEvent(claim.form, claim.event, typeof type === 'string' ? type : '', body);
    if (event.kind === 'unreadable') throw new RequestError('INVALID', `the delivery cannot be read: ${event.why}`);
    const { result, detail: what } = judged(event, cluster, fleet.isBlocked(cluster));
    const detail = isFormer ? `${what} (signed with the secret before, which ends soon)` : what;
    const delivery: WebhookDelivery = { at: now(), form: claim.form, result, detail };
    // Remembered whatever follows from it: what is ignored today may be followed tomorrow.
    const marks = event.kind === 'push' ? marksOf(claim, body) : [];
    const isNew = await this.#take(webhook, cluster, delivery, marks);
    if (!isNew) return { form: claim.form, result: 'replayed', detail: 'this delivery was taken before' };
    if (result === 'fetching') this.#options.poller.look(cluster);
    return { form: claim.form, result, detail };
  }

  /** By the present secret, or for a time after a rotation by the one before. */
  #verdict(webhook: WebhookRecord, claim: Claim, body: Buffer): { verdict: Verdict; isFormer: boolean } {
    const { vault, now } = this.#options;
    const verdict = verdictOn(claim, vault.open(webhook, webhook.sealed), body, now());
    const former = verdict === 'wrong' ? openFormer(vault, webhook, now()) : null;
    if (former === null) return { verdict, isFormer: false };
    const byFormer = verdictOn(claim, former, body, now());
    return byFormer === 'wrong' ? { verdict, isFormer: false } : { verdict: byFormer, isFormer: true };
  }

  /** Whether it was the first time; stored together with what it says. */
  async #take(
    webhook: WebhookRecord,
    cluster: ClusterState,
    delivery: WebhookDelivery,
    marks: readonly string[],
  ): Promise<boolean> {
    const { events } = this.#options;
    const happening: Happening = {
      tenant: webhook.tenant,
      subject: subjectOf.cluster(cluster.record),
      type: 'source.push-announced',
      data: { webhook: webhook.uid, form: delivery.form, detail: delivery.detail },
    };
    const work = async (tx: Transaction): Promise<boolean> => {
      const uids = marks.map((mark) => `${webhook.uid} ${mark}`);
      for (const uid of uids) if ((await tx.deliveries.get(uid)) !== undefined) return false;
      const expiresAt = delivery.at + REMEMBER_MILLISECONDS;
      for (const uid of uids)
        await tx.deliveries.save({ uid, tenant: webhook.tenant, webhook: webhook.uid, expiresAt });
      // Read again: its secret may have been changed meanwhile.
      const present = await tx.webhooks.get(webhook.uid);
      if (present !== undefined) await tx.webhooks.save({ ...present, lastDelivery: delivery });
      if (delivery.result === 'fetching') await tx.events.append([events.complete(happening)]);
      return true;
    };
    const isNew = await this.#options.store.transaction(work);
    if (isNew && delivery.result === 'fetching') events.appended.notify();
    return isNew;
  }

  async #refuse(webhook: WebhookRecord, cluster: ClusterState, reason: string): Promise<RequestError> {
    const { store, events, now } = this.#options;
    const at = now();
    await store.transaction(async (tx) => {
      const present = await tx.webhooks.get(webhook.uid);
      if (present !== undefined) await tx.webhooks.save({ ...present, lastRefusal: { at, reason } });
    });
    if (at - (this.#lastTold.get(webhook.uid) ?? -Infinity) >= TELL_EVERY_MILLISECONDS) {
      this.#lastTold.set(webhook.uid, at);
      events.record({
        tenant: webhook.tenant,
        subject: subjectOf.cluster(cluster.record),
        type: 'webhook.refused',
        data: { webhook: webhook.uid, reason },
      });
    }
    return new RequestError('UNAUTHENTICATED', reason);
  }
}

type Verdict = ReturnType<typeof verdictOn>;

const REFUSALS = {
  missing: 'no signature of a known form: X-Hub-Signature-256, X-Gitea-Signature, webhook-signature or X-Gitlab-Token',
  wrong: 'the signature is not that of this webhook’s secret; set the secret at the Git host again',
  stale: 'the delivery was signed more than five minutes ago, or ahead; look at the clocks',
} as const;

function judged(
  event: Exclude<GitEvent, { kind: 'unreadable' }>,
  cluster: ClusterState,
  isBlocked: boolean,
): { result: WebhookDelivery['result']; detail: string } {
  const git = cluster.plan.component?.source?.git;
  if (event.kind === 'ping') return { result: 'ping', detail: `this is the webhook of ${cluster.keyText}` };
  if (event.kind === 'other')
    return { result: 'ignored', detail: `events "${event.name}" have no effect; send pushes` };
  // Its manifest may be unknown; the source is looked at when it goes on.
  if (isBlocked) return { result: 'ignored', detail: `${cluster.keyText} is blocked until that is mended` };
  if (git === undefined) return { result: 'ignored', detail: `${cluster.keyText} has no Git source (any more)` };
  if (git.update === 'manual')
    return { result: 'ignored', detail: 'the source is updated by "cartwright deploy" only (update: manual)' };
  const why = whyNotFollowed(event, git);
  return why === null ? { result: 'fetching', detail: event.ref.slice(0, 300) } : { result: 'ignored', detail: why };
}
