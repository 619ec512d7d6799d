/** Tokens: made once, kept by hash, resolved to a principal. */
import { createHash, randomBytes } from 'node:crypto';
import type { NewUid } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { TokenRecord } from '../records/tenants.ts';
import { isValid } from '../tenants/token-watch.ts';

const TOKEN_PATTERN = /^cw_[A-Za-z0-9_-]{43}$/;

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A new token and its record, which is still to be stored; the clear text is returned this once and never again. */
export function makeToken(
  of: Pick<TokenRecord, 'name' | 'role' | 'tenant' | 'application' | 'expiresAt'>,
  { now, newUid }: { readonly now: number; readonly newUid: NewUid },
): { token: string; record: TokenRecord } {
  const token = `cw_${randomBytes(32).toString('base64url')}`;
  return { token, record: { uid: newUid(now), ...of, hash: hashOf(token), createdAt: now, revokedAt: null } };
}

/** Makes and stores a token; the clear text is returned this once and never again. */
export async function createToken(
  store: Pick<Store, 'tokens'>,
  of: Parameters<typeof makeToken>[0],
  at: Parameters<typeof makeToken>[1],
): Promise<{ token: string; record: TokenRecord }> {
  const made = makeToken(of, at);
  await store.tokens.save(made.record);
  return made;
}

/** The principal of a token, or `undefined` when it is unknown, revoked or expired. */
export async function authenticate(store: Store, token: string, now: number): Promise<Principal | undefined> {
  const record = await findToken(store, token);
  return record && principalOf(record, now);
}

/** The record of a token, whether or not it still opens anything. */
export async function findToken(store: Pick<Store, 'tokens'>, token: string): Promise<TokenRecord | undefined> {
  if (!TOKEN_PATTERN.test(token)) return undefined;
  // Looked up by its hash: what the comparison's time could tell is a part of a hash, not of a token.
  return (await store.tokens.find({ hash: hashOf(token) }))[0];
}

/** Whom a token stands for; `undefined` when it is revoked, expired or damaged. */
export function principalOf(record: TokenRecord, now: number): Principal | undefined {
  if (!isValid(record, now) || !isWhole(record)) return undefined;
  const { uid, name, role, tenant, application } = record;
  return { token: uid, name, role, tenant, application };
}

/** A token of no tenant is an operator's, and an operator's is of no tenant and no application; any other is damaged. */
function isWhole({ role, tenant, application }: TokenRecord): boolean {
  return role === 'operator' ? tenant === null && application === null : tenant !== null && tenant !== '';
}
