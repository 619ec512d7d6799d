/** What a data folder holds from its first start on: cartridges, a tenant, the operator's token. */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { newUid } from '../schema/ids.ts';
import { loadCartridges } from './adapters/cartridges/load.ts';
import { makeToken } from './app/ask/authenticate.ts';
import type { Store } from './app/ports/store.ts';
import { newTenant } from './app/tenants/quota.ts';
import { isValid } from './app/tenants/token-watch.ts';
import type { CartridgeRecord } from './app/records.ts';

const DEFAULT_TENANT = 'default';
const ADMIN_TOKEN_NAME = 'admin';

/**
 * Stores the cartridges of a folder; a changed one gets the next generation, one that is gone stays for those who run on it.
 * What one requires and this machine lacks is said now, and not only by the first build that fails for it.
 */
export async function installCartridges(
  store: Store,
  directory: string,
  now: number,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  for (const { manifest, directory: folder, missing } of await loadCartridges(directory)) {
    const { name } = manifest.metadata;
    for (const { command, purpose } of missing)
      logger.warn({ cartridge: name, command, purpose }, 'a program that a cartridge requires is not on the PATH');
    const [present] = await store.cartridges.find({ name });
    if (
      present !== undefined &&
      present.directory === folder &&
      isDeepStrictEqual(present.manifest, JSON.parse(JSON.stringify(manifest)))
    )
      continue;
    const record: CartridgeRecord = {
      uid: present?.uid ?? newUid(now),
      name,
      generation: (present?.generation ?? 0) + 1,
      directory: folder,
      manifest,
    };
    await store.cartridges.save(record);
  }
}

export async function ensureTenant(store: Store, now: number): Promise<void> {
  // Once: an operator who deleted it does not want it back.
  if ((await store.tenants.find({}, { limit: 1 })).length > 0) return;
  await store.tenants.save(newTenant(DEFAULT_TENANT, { now, newUid }));
}

/**
 * Makes the operator's token at the first start, or when every operator's token has ended, and hands it over once; it is stored
 * by its hash only.
 */
export async function ensureAdminToken(
  store: Store,
  handOver: (token: string) => Promise<void>,
  now: number,
): Promise<void> {
  const present = await store.tokens.find({ role: 'operator' });
  if (present.some((record) => isValid(record, now))) return;
  const { token, record } = makeToken(
    { name: ADMIN_TOKEN_NAME, role: 'operator', tenant: null, application: null, expiresAt: null },
    { now, newUid },
  );
  // In this order: a token that is stored and that nobody has would lock the operator out for good, while after an end between
  // the two the next start makes another one and hands that over.
  await handOver(token);
  await store.tokens.save(record);
}
