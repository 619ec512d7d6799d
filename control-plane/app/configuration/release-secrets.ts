/** The secrets of a release: whether it can still be given them, and their values. */
import type { ReleaseSecrets } from '../../../schema/agent/instance.ts';
import { SecretError } from '../errors.ts';
import type { Repositories } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { SecretVersionRecord } from '../records/configuration.ts';
import type { ReleaseRecord } from '../records/releases.ts';

type Stores = Pick<Repositories, 'secretVersions'>;

/** A release that was made before, as a roll-back wants it. Throws `SecretError` for the first secret that it can't have. */
export async function checkRestorable(
  { store, vault }: { readonly store: Stores; readonly vault: Pick<Vault, 'has'> },
  cluster: string,
  release: ReleaseRecord,
): Promise<void> {
  for (const [reference, version] of await versionsOf(store, release)) {
    const what = `release ${release.number} of ${cluster} takes version ${reference.version} of the secret ${reference.name}`;
    if (version === undefined || version.sealed === null)
      throw new SecretError(
        'SECRET_REVOKED',
        `${what}, ${endOf(version)}; roll back to a release without it, or deploy again for one with the present secrets`,
        { field: 'releaseNumber' },
      );
    if (!vault.has(version.sealed.key))
      throw new SecretError(
        'SECRET_KEY_MISSING',
        `${what}, whose key ${version.sealed.key} the control plane does not have; an operator puts it back into the key file`,
        { field: 'releaseNumber' },
      );
  }
}

/** Whether a secret of the release was revoked after that time, in milliseconds since the epoch. */
export async function isRevokedSince(store: Stores, release: ReleaseRecord, time: number): Promise<boolean> {
  return (await versionsOf(store, release)).some(([, version]) => (version?.revokedAt ?? 0) > time);
}

/** The values of a release's secrets. Throws `SecretError`, which names the first secret that has none. */
export async function openSecrets(store: Stores, vault: Vault, release: ReleaseRecord): Promise<ReleaseSecrets> {
  const values: [string, string][] = [];
  for (const [{ name, version: number }, version] of await versionsOf(store, release)) {
    if (version === undefined || version.sealed === null)
      throw new SecretError('SECRET_REVOKED', `version ${number} of the secret ${name}, ${endOf(version)}`);
    values.push([name, vault.open(version, version.sealed)]);
  }
  return { v: 1, release: release.uid, values: Object.fromEntries(values) };
}

type Reference = NonNullable<ReleaseRecord['configuration']['secrets']>[number];

function versionsOf(
  store: Stores,
  { configuration }: ReleaseRecord,
): Promise<(readonly [Reference, SecretVersionRecord | undefined])[]> {
  return Promise.all(
    (configuration.secrets ?? []).map(
      async (reference) => [reference, await store.secretVersions.get(reference.uid)] as const,
    ),
  );
}

function endOf(version: SecretVersionRecord | undefined): string {
  if (version === undefined || version.revokedAt === null) return 'which is gone';
  return `which ${version.revokedBy} revoked at ${new Date(version.revokedAt).toISOString()}`;
}
