/** The vault as the control plane starts: reads or makes the file of keys, and brings what is stored under the newest of them. */
import type { Logger } from 'pino';
import { createKeyFile, readKeyFile, type SecretKey } from './adapters/secrets/key-file.ts';
import { createVault } from './adapters/secrets/vault.ts';
import { rekey, type Lost } from './app/configuration/rekey.ts';
import type { Store } from './app/ports/store.ts';
import type { Vault } from './app/ports/vault.ts';

/**
 * Throws what is wrong with the file. A file that is lost is an error in the log that names the secrets, and everything else
 * goes on: a new key must not take its place unasked, since the old file may only not be mounted yet.
 */
export async function openVault(
  store: Store,
  path: string,
  logger: Pick<Logger, 'info' | 'error'>,
  now: number,
): Promise<Vault> {
  const keys = await keysOf(store, path, logger, now);
  const vault = createVault(keys);
  const { count, lost } = await rekey(store, vault);
  if (count > 0)
    logger.info(
      { versions: count, key: vault.currentKey, before: keys.slice(0, -1).map(({ id }) => id) },
      'secrets were encrypted again with the newest key; the keys before it are needed by backups only',
    );
  for (const { secret, reason } of lost)
    logger.error({ tenant: secret.tenant, of: await ownerName(store, secret), secret: secret.name }, reason);
  return vault;
}

async function keysOf(
  store: Store,
  path: string,
  logger: Pick<Logger, 'info' | 'error'>,
  now: number,
): Promise<SecretKey[]> {
  const keys = await readKeyFile(path);
  if (keys !== undefined) return keys;
  const stored = [
    ...(await store.secretVersions.find({})),
    ...(await store.credentials.find({})),
    ...(await store.certificates.find({})),
    ...(await store.webhooks.find({})),
    ...(await store.notices.find({})),
    ...(await store.hostClusters.find({})),
  ];
  if (stored.every(({ sealed }) => sealed === null)) {
    logger.info(
      { file: path },
      'the key that encrypts secrets was made; keep a copy of this file apart from the database',
    );
    return createKeyFile(path, now);
  }
  logger.error(
    { file: path },
    'there is no key file, and secrets are stored: put it back and start again. Nothing can be encrypted meanwhile; if it is lost for good, "cartwright keys rotate" makes another',
  );
  return [];
}

async function ownerName(store: Store, { owner }: Lost['secret']): Promise<string> {
  if (owner === undefined) return 'the tenant';
  const cluster = await store.clusters.get(owner);
  if (cluster !== undefined) return `${cluster.application}/${cluster.alias}`;
  return (await store.applications.get(owner))?.name ?? owner;
}
