/** Making, trying, enabling and deleting notices, and what is told of them. */
import { randomBytes } from 'node:crypto';
import { NAME_PATTERN } from '../../../schema/ids.ts';
import type { EventType } from '../../domain/events/types.ts';
import { isTypePattern, unknownType } from '../../domain/notices/types.ts';
import { secretText } from '../../domain/webhooks/standard.ts';
import { maySee, narrowed, requireRole, tenantOfApplication, wholeTenantOf } from '../access.ts';
import { formerUntil, keptFor, LONGEST_OVERLAP_SECONDS } from '../configuration/former-secret.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder, Happening } from '../events.ts';
import type { NewUid } from '../ports/clock.ts';
import { NoticeError, type NoticeTransport } from '../ports/notices.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import type { NoticeRecord } from '../records/notices.ts';
import { PLATFORM_TENANT } from '../records/tenants.ts';
import { newProgress, type Notices } from './notices.ts';
import type { NewNotice, Notice, NoticeMutations, NoticeQueries } from './use-cases.ts';

/** Of one tenant, or of the platform. */
const MOST_NOTICES = 20;
const MOST_TYPES = 20;
const KEY_BYTES = 32;

export interface NoticeQueryOptions {
  readonly store: Store;
  readonly vault: Pick<Vault, 'has'>;
  readonly notices: Pick<Notices, 'status'>;
  readonly now: () => number;
}

export interface NoticeMutationOptions extends NoticeQueryOptions {
  readonly vault: Vault;
  readonly notices: Pick<Notices, 'status' | 'send' | 'look'>;
  readonly transport: Pick<NoticeTransport, 'check'>;
  readonly events: EventRecorder;
  /** Changes of one tenant's things come one after another. */
  readonly exclusively: <T>(tenants: Iterable<string>, work: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
  readonly newUid: NewUid;
}

export function createNoticeQueries(options: NoticeQueryOptions): NoticeQueries {
  return {
    async notices(principal, tenant) {
      requireRole(principal, 'admin');
      const found = await options.store.notices.find(narrowed(principal, tenant, 'admin'));
      return Promise.all(found.map((record) => shown(options, record)));
    },
  };
}

export function createNoticeMutations(options: NoticeMutationOptions): NoticeMutations {
  const { store, vault, notices, events, exclusively, now, newUid } = options;

  async function seen(principal: Principal, uid: string): Promise<NoticeRecord> {
    requireRole(principal, 'admin');
    const record = await store.notices.get(uid);
    if (record !== undefined && maySee(principal, { ...record, tenant: ownerOf(record) })) return record;
    throw new RequestError('NOT_FOUND', `there is no notice ${uid}; see "cartwright notice list"`, { field: 'uid' });
  }

  return {
    async createNotice(principal, input) {
      const owner = ownerOfNew(principal, input);
      check(input, options.transport);
      return exclusively([owner], async () => {
        await checkRoom(store, owner, input.name);
        const at = now();
        const secret = secretText(randomBytes(KEY_BYTES));
        const identity = { uid: newUid(at), tenant: owner, name: input.name, version: 1 };
        const record: NoticeRecord = {
          ...identity,
          application: input.application ?? null,
          url: input.url,
          types: [...new Set(input.types)],
          createdAt: at,
          createdBy: principal.name,
          disabled: null,
          sealed: vault.seal(identity, secret),
          formerSecret: null,
        };
        await events.change(
          async (tx) => {
            await tx.notices.save(record);
            await tx.noticeProgress.save(newProgress(record, await tx.events.last()));
          },
          told(record, principal, 'notice.created'),
        );
        notices.look();
        return { notice: await shown(options, record), secret };
      });
    },
    async rotateNotice(principal, { uid, overlapSeconds }) {
      if (!(overlapSeconds >= 0 && overlapSeconds <= LONGEST_OVERLAP_SECONDS))
        throw new RequestError('INVALID', `overlapSeconds: expected 0 to ${LONGEST_OVERLAP_SECONDS} (a week)`, {
          field: 'overlapSeconds',
        });
      const { tenant } = await seen(principal, uid);
      return exclusively([tenant], async () => {
        const present = await seen(principal, uid);
        const identity = { ...present, version: present.version + 1 };
        const secret = secretText(randomBytes(KEY_BYTES));
        const record: NoticeRecord = {
          ...identity,
          sealed: vault.seal(identity, secret),
          formerSecret: keptFor(present, overlapSeconds, now()),
        };
        const notice = await shown(options, record);
        await events.change(
          async (tx) => {
            await tx.notices.save(record);
            // Without the secret: nobody reads it twice.
            await tx.answer(notice);
          },
          told(record, principal, 'notice.rotated'),
        );
        notices.look();
        return { notice, secret };
      });
    },
    async testNotice(principal, uid) {
      const record = await seen(principal, uid);
      const began = now();
      const id = `test-${newUid(began)}`;
      const data = { by: principal.name, notice: record.name };
      const outcome = await notices.send(record, { id, type: 'notice.test', at: began, data }).then(
        (status) => ({ taken: true, status, message: `the receiver answers ${status}` }),
        (error: unknown) => {
          if (!(error instanceof NoticeError)) throw error;
          return { taken: false, status: error.status, message: error.message };
        },
      );
      return { notice: await shown(options, record), ...outcome, milliseconds: now() - began };
    },
    async enableNotice(principal, uid) {
      const { tenant } = await seen(principal, uid);
      return exclusively([tenant], async () => {
        const enabled: NoticeRecord = { ...(await seen(principal, uid)), disabled: null };
        await events.change(
          async (tx) => {
            await tx.notices.save(enabled);
            const progress = await tx.noticeProgress.get(uid);
            if (progress !== undefined) await tx.noticeProgress.save({ ...progress, failures: 0, failingSince: null });
          },
          told(enabled, principal, 'notice.enabled'),
        );
        notices.look();
        return shown(options, enabled);
      });
    },
    async deleteNotice(principal, uid) {
      const { tenant } = await seen(principal, uid);
      return exclusively([tenant], async () => {
        const record = await seen(principal, uid);
        const answer = await shown(options, record);
        await events.change(
          async (tx) => {
            await tx.notices.delete(uid);
            await tx.noticeProgress.delete(uid);
            await tx.answer(answer);
          },
          told(record, principal, 'notice.deleted'),
        );
        notices.look();
        return answer;
      });
    },
  };
}

function ownerOf({ tenant }: NoticeRecord): string | null {
  return tenant === PLATFORM_TENANT ? null : tenant;
}

function ownerOfNew(principal: Principal, { tenant, platform, application }: NewNotice): string {
  if (platform === true) {
    requireRole(principal, 'operator');
    if ((tenant ?? application ?? null) === null) return PLATFORM_TENANT;
    throw new RequestError(
      'INVALID',
      'a notice of the platform is about all of it: name no tenant and no application',
      {
        field: 'platform',
      },
    );
  }
  return application === null || application === undefined
    ? wholeTenantOf(principal, tenant, 'admin')
    : tenantOfApplication(principal, tenant, application, 'admin');
}

async function checkRoom(store: Pick<Store, 'notices'>, tenant: string, name: string): Promise<void> {
  const present = await store.notices.find({ tenant });
  if (present.some((other) => other.name === name))
    throw new RequestError('CONFLICT', `there is a notice "${name}" already; delete it first, or take another name`, {
      field: 'name',
    });
  if (present.length >= MOST_NOTICES)
    throw new RequestError('QUOTA_EXCEEDED', `there are ${MOST_NOTICES} notices, which is as many as there may be`);
}

/** Throws `RequestError` INVALID with the field. */
function check({ name, application, url, types }: NewNotice, transport: Pick<NoticeTransport, 'check'>): void {
  const refuse = (condition: boolean, field: string, message: string): void => {
    if (condition) throw new RequestError('INVALID', message, { field });
  };
  refuse(!NAME_PATTERN.test(name), 'name', 'name: expected 1 to 40 lower-case letters, digits and hyphens');
  refuse(
    application !== null && application !== undefined && !NAME_PATTERN.test(application),
    'application',
    'application: expected the name of an application',
  );
  refuse(types.length === 0 || types.length > MOST_TYPES, 'types', `types: expected 1 to ${MOST_TYPES} event types`);
  const bad = types.find((type) => !isTypePattern(type));
  refuse(
    bad !== undefined,
    'types',
    `types: ${JSON.stringify(bad?.slice(0, 100))} is none; expected a type such as rollout.returned, instance.* or *`,
  );
  for (const type of types) {
    const hint = unknownType(type);
    refuse(hint !== undefined, 'types', `types: no event is of the type ${JSON.stringify(type)}${hint}`);
  }
  transport.check(url);
}

async function shown({ vault, notices, now }: NoticeQueryOptions, record: NoticeRecord): Promise<Notice> {
  const { progress, waiting } = await notices.status(record);
  const { sealed, formerSecret, ...rest } = record;
  const { dropped, lastSuccess, lastError, failingSince } = progress;
  const working = failingSince === null ? 'delivering' : 'retrying';
  return {
    ...rest,
    ...{ dropped, lastSuccess, lastError, waiting },
    tenant: ownerOf(record),
    state: record.disabled === null ? working : 'disabled',
    formerSignsUntil: formerUntil({ formerSecret }, now()),
    isReadable: vault.has(sealed.key),
  };
}

function told(record: NoticeRecord, principal: Principal, type: EventType): Happening {
  const { uid, name } = record;
  return {
    tenant: ownerOf(record),
    subject: { kind: 'Notice', uid, name },
    type,
    cause: principal.token,
    data: { by: principal.name },
  };
}
