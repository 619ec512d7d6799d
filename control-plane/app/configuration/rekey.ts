/** Brings everything that is sealed under the newest key, and finds what lost its key. */
import { SecretError } from '../errors.ts';
import type { Repositories, Repository } from '../ports/store.ts';
import type { SealedValue, SecretIdentity, Vault } from '../ports/vault.ts';

/** Something that nobody can read: its key is not in the file, or what is stored is damaged. */
export interface Lost {
  readonly secret: SecretIdentity & { readonly owner?: string };
  readonly reason: string;
}

export interface Rekeyed {
  /** Values that were sealed anew. */
  readonly count: number;
  readonly lost: readonly Lost[];
}

/** Idempotent: what a crash left under an older key is sealed anew by the next start. */
export async function rekey(
  store: Pick<Repositories, 'secretVersions' | 'credentials'>,
  vault: Vault,
): Promise<Rekeyed> {
  const secrets = await rekeyAll(store.secretVersions, vault);
  const credentials = await rekeyAll(store.credentials, vault);
  return { count: secrets.count + credentials.count, lost: [...secrets.lost, ...credentials.lost] };
}

async function rekeyAll<T extends SecretIdentity & { readonly sealed: SealedValue | null }>(
  repository: Repository<T>,
  vault: Vault,
): Promise<Rekeyed> {
  let count = 0;
  const lost: Lost[] = [];
  for (const record of await repository.find({})) {
    const { sealed } = record;
    if (sealed === null) continue;
    try {
      const value = vault.open(record, sealed);
      if (sealed.key === vault.currentKey) continue;
      await repository.save({ ...record, sealed: vault.seal(record, value) });
      count += 1;
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      lost.push({ secret: record, reason: error.message });
    }
  }
  return { count, lost };
}
