/** Brings everything that is sealed under the newest key, and finds what lost its key. */
import { SecretError } from '../errors.ts';
import type { FormerSecret } from '../records/webhooks.ts';
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
  store: Pick<
    Repositories,
    'secretVersions' | 'credentials' | 'certificates' | 'webhooks' | 'notices' | 'hostClusters'
  >,
  vault: Vault,
): Promise<Rekeyed> {
  const done = [
    await rekeyAll(store.secretVersions, vault),
    await rekeyAll(store.credentials, vault),
    await rekeyAll(store.certificates, vault),
    await rekeyAll(store.webhooks, vault),
    await rekeyAll(store.notices, vault),
    await rekeyAll(store.hostClusters, vault),
  ];
  return { count: done.reduce((sum, { count }) => sum + count, 0), lost: done.flatMap(({ lost }) => lost) };
}

async function rekeyAll<
  T extends SecretIdentity & { readonly sealed: SealedValue | null; readonly formerSecret?: FormerSecret | null },
>(repository: Repository<T>, vault: Vault): Promise<Rekeyed> {
  let count = 0;
  const lost: Lost[] = [];
  for (const record of await repository.find({})) {
    const { sealed } = record;
    if (sealed === null) continue;
    try {
      const value = vault.open(record, sealed);
      if (sealed.key === vault.currentKey) continue;
      await repository.save({ ...record, sealed: vault.seal(record, value), ...rekeyedFormer(record, vault) });
      count += 1;
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      lost.push({ secret: record, reason: error.message });
    }
  }
  return { count, lost };
}

/** One that cannot be read counts for nobody any more. */
function rekeyedFormer(
  record: SecretIdentity & { readonly formerSecret?: FormerSecret | null },
  vault: Vault,
): { readonly formerSecret?: FormerSecret | null } {
  const { formerSecret } = record;
  if (formerSecret === null || formerSecret === undefined) return {};
  const identity = { ...record, version: formerSecret.version };
  try {
    const sealed = vault.seal(identity, vault.open(identity, formerSecret.sealed));
    return { formerSecret: { ...formerSecret, sealed } };
  } catch (error) {
    if (error instanceof SecretError) return { formerSecret: null };
    throw error;
  }
}
