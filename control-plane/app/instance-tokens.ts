/**
 * Tokens of instances. The database keeps their hash alone; who has the control plane's keys can compute them again, which an
 * outside broker needs that has lost its passwords. An instance that is a pod never has this token itself: it is the secret that its
 * tokens of a time are made of.
 */
import { randomBytes } from 'node:crypto';
import { hashOf } from './ask/authenticate.ts';
import type { ClusterState } from './fleet/cluster-state.ts';
import { endsInTime, isInTime, isProved, readTimedToken, timedToken, type Periods } from './identity/timed-token.ts';
import type { AgentAccount } from './ports/broker-accounts.ts';
import type { InstanceIdentity } from './ports/messaging.ts';
import type { Vault } from './ports/vault.ts';
import type { InstanceRecord } from './records/instances.ts';

const PURPOSE = 'instance-token';
const TOKEN_BYTES = 32;

/** A token of 256 bits. Without any key it is random, and cannot be had again. */
export function issueToken(vault: Pick<Vault, 'derive'>, instance: string): string {
  return newestToken(vault, instance) ?? randomToken();
}

/** A token of 256 bits that cannot be had again. */
export function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** The token that the newest key gives an instance; `undefined` without any key. */
export function newestToken(vault: Pick<Vault, 'derive'>, instance: string): string | undefined {
  return vault.derive(PURPOSE, instance)[0];
}

/** The token of this hash again; `undefined` where it was random, or its key is not there any more. */
export function recoverToken(vault: Pick<Vault, 'derive'>, instance: string, tokenHash: string): string | undefined {
  return vault.derive(PURPOSE, instance).find((token) => hashOf(token) === tokenHash);
}

type TokenFields = Pick<InstanceRecord, 'tokenHash' | 'formerTokenHash' | 'formerTokenUntil'>;

/** The hash of the token that the instance itself has. */
export function heldTokenHash({ tokenHash, formerTokenHash, formerTokenUntil }: TokenFields): string {
  return formerTokenHash !== null && formerTokenUntil === null ? formerTokenHash : tokenHash;
}

/** Whether a token of this hash is accepted now: the present one, and for its time the one before. */
function isTokenOf(record: TokenFields, hash: string, now: number): boolean {
  if (hash === record.tokenHash) return true;
  return hash === record.formerTokenHash && (record.formerTokenUntil === null || now < record.formerTokenUntil);
}

/** What tokens of a time are made of now, the newest key's first: of an instance's secrets those that count. */
function secretsOf(vault: Pick<Vault, 'derive'>, record: TokenFields & Pick<InstanceRecord, 'uid'>, now: number) {
  return vault.derive(PURPOSE, record.uid).filter((secret) => isTokenOf(record, hashOf(secret), now));
}

/** Tokens of a time that an instance may come in with now, the one that it is to have first; none where they cannot be had. */
export function timedTokensOf(
  vault: Pick<Vault, 'derive'>,
  record: TokenFields & Pick<InstanceRecord, 'uid'>,
  periods: Periods,
  now: number,
): string[] {
  const ends = endsInTime(record.uid, periods, now);
  return secretsOf(vault, record, now).flatMap((secret) => ends.map((end) => timedToken(secret, record.uid, end)));
}

/** Whether an instance may come in with this token. @param periods null: its tokens end with it */
export function isAccepted(
  vault: Pick<Vault, 'derive'>,
  record: TokenFields & Pick<InstanceRecord, 'uid'>,
  token: string,
  periods: Periods | null,
  now: number,
): boolean {
  if (periods === null) return isTokenOf(record, hashOf(token), now);
  const said = readTimedToken(token);
  return (
    said?.instance === record.uid && isInTime(said.end, periods, now) && isProved(token, secretsOf(vault, record, now))
  );
}

/** By which of its tokens the broker knows an instance, and which it may come in with as well. */
export function accountOf(
  cluster: ClusterState,
  record: TokenFields & Pick<InstanceRecord, 'uid'>,
  vault: Pick<Vault, 'derive'>,
): AgentAccount {
  const { uid, tokenHash, formerTokenHash } = record;
  const held = heldTokenHash(record);
  const other = held === tokenHash ? formerTokenHash : tokenHash;
  return {
    identity: identityIn(cluster, uid),
    token: recoverToken(vault, uid, held) ?? null,
    accepted: [held, ...(other === null ? [] : [other])],
  };
}

/** Who an instance of this service cluster is to the broker. */
export function identityIn(cluster: ClusterState, instance: string): InstanceIdentity {
  return { ...cluster.key, instance, isLoadBalancer: cluster.isLoadBalancer };
}
