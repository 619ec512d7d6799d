/** Webhooks of service clusters: made, given another secret, deleted. */
import { randomBytes } from 'node:crypto';
import type { EventType } from '../../domain/events/types.ts';
import { secretText } from '../../domain/webhooks/standard.ts';
import { checkThere, requireCluster } from '../ask/scope.ts';
import { mayChange } from '../access.ts';
import { formerUntil, keptFor, LONGEST_OVERLAP_SECONDS } from '../configuration/former-secret.ts';
import { RequestError } from '../errors.ts';
import { subjectOf, type EventRecorder, type Happening } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import type { WebhookRecord } from '../records/webhooks.ts';
import type { ClusterRef } from '../use-cases.ts';
import type { Webhook, WebhookMutations, WebhookQueries, WebhookWithSecret } from './use-cases.ts';

/** Where webhooks are served; the address follows. */
export const WEBHOOK_PATH = '/webhooks/git';
const ADDRESS_BYTES = 32;
const KEY_BYTES = 32;

export interface WebhooksOptions extends WebhookShowing {
  readonly store: Store;
  readonly vault: Vault;
  readonly fleet: Fleet;
  readonly events: EventRecorder;
  readonly now: () => number;
  readonly newUid: NewUid;
}

export interface WebhookShowing {
  readonly vault: Pick<Vault, 'has'>;
  /** Under which the control plane is reached from outside; null where nobody said. */
  readonly publicUrl: string | null;
  readonly now: () => number;
}

export function createWebhookQueries(
  options: WebhookShowing & { readonly store: Pick<Store, 'webhooks'> },
): WebhookQueries {
  const { store } = options;
  return {
    async webhooks(principal, cluster) {
      // Its path is half of what a delivery needs.
      if (!mayChange(principal, cluster)) return [];
      const found = await store.webhooks.find({ cluster: cluster.uid });
      return found.map((record) => shown(record, options));
    },
  };
}

export function createWebhookMutations(options: WebhooksOptions): WebhookMutations {
  const { store, vault, fleet, events, now, newUid } = options;

  /** Works in the service cluster's own order. */
  async function inTurn<T>(
    principal: Principal,
    ref: ClusterRef,
    work: (cluster: ClusterState, present: WebhookRecord | undefined) => Promise<T>,
  ): Promise<T> {
    const cluster = requireCluster(fleet, principal, ref, 'deployer');
    return cluster.serial.run(async () => {
      checkThere(fleet, cluster);
      const [present] = await store.webhooks.find({ cluster: cluster.record.uid });
      return work(cluster, present);
    });
  }

  async function keep(
    record: Omit<WebhookRecord, 'sealed'>,
    { record: cluster }: ClusterState,
    principal: Principal,
    type: EventType,
  ): Promise<WebhookWithSecret> {
    const secret = secretText(randomBytes(KEY_BYTES));
    const webhook: WebhookRecord = { ...record, sealed: vault.seal(record, secret) };
    const answer = shown(webhook, options);
    await events.change(
      async (tx) => {
        await tx.webhooks.save(webhook);
        // Without the secret: nobody reads it twice.
        await tx.answer(answer);
      },
      told(webhook, cluster, principal, type),
    );
    return { webhook: answer, secret };
  }

  return {
    createWebhook: (principal, ref) =>
      inTurn(principal, ref, async (cluster, present) => {
        const { uid, tenant, application, alias } = cluster.record;
        if (cluster.plan.component?.source?.git === undefined)
          throw new RequestError(
            'INVALID',
            `${cluster.keyText} has no Git source that a webhook could be about; add source.git to the component`,
            { field: 'ref.alias' },
          );
        if (present !== undefined)
          throw new RequestError(
            'CONFLICT',
            `${cluster.keyText} has a webhook already; "cartwright webhook rotate ${application}/${alias}" gives it another secret`,
          );
        const at = now();
        const webhook = {
          uid: newUid(at),
          tenant,
          application,
          cluster: uid,
          name: `${application}/${alias}`,
          address: randomBytes(ADDRESS_BYTES).toString('base64url'),
          version: 1,
          createdAt: at,
          updatedAt: at,
          updatedBy: principal.name,
          formerSecret: null,
          lastDelivery: null,
          lastRefusal: null,
        };
        return keep(webhook, cluster, principal, 'webhook.created');
      }),
    rotateWebhook: (principal, ref) =>
      inTurn(principal, ref, async (cluster, found) => {
        const present = there(found, cluster);
        const webhook = {
          ...present,
          formerSecret: keptFor(present, overlapOf(ref), now()),
          version: present.version + 1,
          updatedAt: now(),
          updatedBy: principal.name,
          lastRefusal: null,
        };
        return keep(webhook, cluster, principal, 'webhook.rotated');
      }),
    deleteWebhook: (principal, ref) =>
      inTurn(principal, ref, async (cluster, found) => {
        const present = there(found, cluster);
        const answer = shown(present, options);
        await events.change(
          async (tx) => {
            await tx.webhooks.delete(present.uid);
            await tx.answer(answer);
          },
          told(present, cluster.record, principal, 'webhook.deleted'),
        );
        return answer;
      }),
  };
}

function there(record: WebhookRecord | undefined, { keyText, record: cluster }: ClusterState): WebhookRecord {
  if (record !== undefined) return record;
  throw new RequestError(
    'NOT_FOUND',
    `${keyText} has no webhook; make one with "cartwright webhook create ${cluster.application}/${cluster.alias}"`,
  );
}

function told(
  { uid, tenant, version }: WebhookRecord,
  cluster: ClusterState['record'],
  principal: Principal,
  type: EventType,
): Happening {
  const data = { by: principal.name, webhook: uid, version };
  return { tenant, subject: subjectOf.cluster(cluster), type, cause: principal.token, data };
}

function shown(
  { sealed, formerSecret, address, ...record }: WebhookRecord,
  { vault, publicUrl, now }: WebhookShowing,
): Webhook {
  const path = `${WEBHOOK_PATH}/${address}`;
  return {
    ...record,
    path,
    url: publicUrl === null ? null : `${publicUrl}${path}`,
    formerAcceptedUntil: formerUntil({ formerSecret }, now()),
    isReadable: vault.has(sealed.key),
  };
}

function overlapOf({ overlapSeconds = 0 }: { readonly overlapSeconds?: number }): number {
  if (overlapSeconds >= 0 && overlapSeconds <= LONGEST_OVERLAP_SECONDS) return overlapSeconds;
  throw new RequestError('INVALID', `overlapSeconds: expected 0 to ${LONGEST_OVERLAP_SECONDS} (a week)`, {
    field: 'overlapSeconds',
  });
}
