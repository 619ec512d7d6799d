/** Making and revoking tokens. */
import type { EventType } from '../../domain/events/types.ts';
import { maySee, requireRole, scopeOfNewToken } from '../access.ts';
import { makeToken } from '../ask/authenticate.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder, Happening } from '../events.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Repositories, Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import { PLATFORM_TENANT, type TokenRecord } from '../records/tenants.ts';
import type { Mutations, NewToken } from '../use-cases.ts';
import { isValid, type TokenWatch } from './token-watch.ts';

const DAY_SECONDS = 24 * 3600;
const DEFAULT_SECONDS = 90 * DAY_SECONDS;
const LEAST_SECONDS = 60;
const LONGEST_SECONDS = 5 * 366 * DAY_SECONDS;
/** Valid tokens that a tenant, or the platform, may have at once. */
const MOST_TOKENS = 200;

export interface TokensOptions {
  readonly store: Store;
  readonly events: EventRecorder;
  readonly watch: TokenWatch;
  readonly now: () => number;
  readonly newUid: NewUid;
  /** Changes of one tenant's things come one after another. */
  readonly exclusively: <T>(tenants: Iterable<string>, work: () => Promise<T>) => Promise<T>;
}

export function createTokenMutations(options: TokensOptions): Pick<Mutations, 'createToken' | 'revokeToken'> {
  const { store, events, watch, now, newUid, exclusively } = options;

  return {
    async createToken(principal, input) {
      const scope = scopeOfNewToken(principal, input);
      const expiresAt = expiryOf(input, now());
      const made = makeToken({ name: input.name, role: input.role, ...scope, expiresAt }, { now: now(), newUid });
      await exclusively([scope.tenant ?? PLATFORM_TENANT], () =>
        events.change(
          async (tx) => {
            await checkRoom(tx, scope.tenant, input.name, now());
            await tx.tokens.save(made.record);
          },
          told(made.record, 'token.created', principal),
        ),
      );
      return made;
    },
    async revokeToken(principal, uid) {
      requireRole(principal, 'admin');
      const found = await store.tokens.get(uid);
      if (found === undefined || !maySee(principal, found)) {
        throw new RequestError('NOT_FOUND', `there is no token ${uid}; see "cartwright token get"`, { field: 'uid' });
      }
      return exclusively([found.tenant ?? PLATFORM_TENANT], async () => {
        const record = (await store.tokens.get(uid)) ?? found;
        if (record.revokedAt !== null) return record;
        if (record.role === 'operator') await checkNotLast(store, record, now());
        const revoked: TokenRecord = { ...record, revokedAt: now() };
        await events.change(
          async (tx) => {
            await tx.tokens.save(revoked);
            await tx.answer(revoked);
          },
          told(revoked, 'token.revoked', principal),
        );
        watch.look(uid);
        return revoked;
      });
    },
  };
}

function told(record: TokenRecord, type: EventType, by: Principal): Happening {
  return {
    tenant: record.tenant,
    subject: { kind: 'Token', uid: record.uid, name: record.name },
    type,
    cause: by.token,
    data: { by: by.name, role: record.role },
  };
}

function expiryOf({ expiresInSeconds, neverExpires }: NewToken, now: number): number | null {
  if (neverExpires === true) {
    if (expiresInSeconds === undefined) return null;
    throw new RequestError('INVALID', 'a token either expires or never does: give one of the two', {
      field: 'neverExpires',
    });
  }
  const seconds = expiresInSeconds ?? DEFAULT_SECONDS;
  if (!(seconds >= LEAST_SECONDS && seconds <= LONGEST_SECONDS)) {
    throw new RequestError(
      'INVALID',
      `a token expires after ${LEAST_SECONDS} s to ${LONGEST_SECONDS} s (five years); got ${seconds}`,
      { field: 'expiresInSeconds' },
    );
  }
  return now + seconds * 1000;
}

/** The tenant is there, the name is free, and there are not too many. */
async function checkRoom(tx: Repositories, tenant: string | null, name: string, now: number): Promise<void> {
  if (tenant !== null) {
    const [owner] = await tx.tenants.find({ name: tenant });
    if (owner === undefined) throw new RequestError('NOT_FOUND', `there is no tenant "${tenant}"`, { field: 'tenant' });
    if (owner.deletingSince !== null) throw new RequestError('CONFLICT', `the tenant ${tenant} is being deleted`);
  }
  const valid = (await tx.tokens.find({ tenant })).filter((record) => isValid(record, now));
  const whose = tenant === null ? 'the platform' : `the tenant ${tenant}`;
  if (valid.some((record) => record.name === name)) {
    throw new RequestError('CONFLICT', `${whose} has a token "${name}" already; revoke it or take another name`, {
      field: 'name',
    });
  }
  if (valid.length >= MOST_TOKENS)
    throw new RequestError(
      'CONFLICT',
      `${whose} has ${MOST_TOKENS} valid tokens, as many as there may be; revoke some`,
    );
}

async function checkNotLast(store: Store, record: TokenRecord, now: number): Promise<void> {
  const others = await store.tokens.find({ role: 'operator' });
  if (others.some((other) => other.uid !== record.uid && isValid(other, now))) return;
  throw new RequestError(
    'CONFLICT',
    `"${record.name}" is the last valid token of an operator: without it nobody could manage the platform; make another one first`,
  );
}
