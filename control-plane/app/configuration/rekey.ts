/** Brings every stored secret under the newest key, and finds those whose key is lost. */
import { SecretError } from '../errors.ts';
import type { Repositories } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { SecretVersionRecord } from '../records.ts';

export interface Rekeyed {
  /** Versions that were sealed anew. */
  readonly count: number;
  /** Versions that nobody can read: their key is not in the file, or what is stored is damaged. */
  readonly lost: readonly { readonly secret: SecretVersionRecord; readonly reason: string }[];
}

/** Idempotent: what a crash left under an older key is sealed anew by the next start. */
export async function rekey(store: Pick<Repositories, 'secretVersions'>, vault: Vault): Promise<Rekeyed> {
  let count = 0;
  const lost: { secret: SecretVersionRecord; reason: string }[] = [];
  for (const secret of await store.secretVersions.find({})) {
    const { sealed } = secret;
    if (sealed === null) continue;
    try {
      const value = vault.open(secret, sealed);
      if (sealed.key === vault.currentKey) continue;
      await store.secretVersions.save({ ...secret, sealed: vault.seal(secret, value) });
      count += 1;
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      lost.push({ secret, reason: error.message });
    }
  }
  return { count, lost };
}
