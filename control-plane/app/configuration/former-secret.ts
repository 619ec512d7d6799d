/** A secret that was replaced and counts for a while beside its successor, so that both sides need not change at one moment. */
import { SecretError } from '../errors.ts';
import type { SecretIdentity, SealedValue, Vault } from '../ports/vault.ts';
import type { FormerSecret } from '../records/webhooks.ts';

/** A week. */
export const LONGEST_OVERLAP_SECONDS = 7 * 24 * 3600;

type Replaced = SecretIdentity & { readonly sealed: SealedValue; readonly formerSecret: FormerSecret | null };

/** What a record keeps of its present secret as that is replaced; `now` in milliseconds since the epoch. */
export function keptFor(
  { sealed, version }: Pick<Replaced, 'sealed' | 'version'>,
  overlapSeconds: number,
  now: number,
): FormerSecret | null {
  return overlapSeconds > 0 ? { sealed, version, until: now + overlapSeconds * 1000 } : null;
}

/** Until when the secret before counts, in milliseconds since the epoch; null: it does not. */
export function formerUntil({ formerSecret }: Pick<Replaced, 'formerSecret'>, now: number): number | null {
  return formerSecret !== null && now < formerSecret.until ? formerSecret.until : null;
}

/** The secret before, while it counts; null where it does not, or its key is lost. */
export function openFormer(vault: Pick<Vault, 'open'>, record: Replaced, now: number): string | null {
  const { formerSecret } = record;
  if (formerSecret === null || now >= formerSecret.until) return null;
  try {
    return vault.open({ ...record, version: formerSecret.version }, formerSecret.sealed);
  } catch (error) {
    if (error instanceof SecretError) return null;
    throw error;
  }
}
