/** What a data folder holds from its first start on: cartridges, a tenant, the operator's token. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { newUid } from '../schema/ids.ts';
import { isCartridge, loadCartridges } from './adapters/cartridges/load.ts';
import type { CartridgeVersion, CartridgeVersions } from './adapters/cartridges/versions.ts';
import { makeToken } from './app/ask/authenticate.ts';
import type { Runtimes } from './app/ports/runtimes.ts';
import type { Store } from './app/ports/store.ts';
import { newTenant } from './app/tenants/quota.ts';
import { isValid } from './app/tenants/token-watch.ts';
import { type CartridgeRecord, IMAGE_DIRECTORY } from './app/records/cartridges.ts';

const DEFAULT_TENANT = 'default';
const ADMIN_TOKEN_NAME = 'admin';

/**
 * Keeps the cartridges of a folder as versions, and stores which are the present ones; a changed one gets the next generation.
 * Versions that releases were made with are there again where they were lost, and others are removed.
 */
export async function installCartridges(
  store: Store,
  directory: string,
  versions: CartridgeVersions,
  { now, logger }: { readonly now: number; readonly logger: Pick<Logger, 'warn'> },
): Promise<void> {
  const used = new Map<string, CartridgeVersion>();
  for (const loaded of await loadCartridges(directory)) {
    const { manifest } = loaded;
    const { name } = manifest.metadata;
    const version = await versions.keep(loaded);
    used.set(version.digest, version);
    const [present] = await store.cartridges.find({ name });
    const folder = versions.presentOf(name);
    if (
      present !== undefined &&
      present.directory === folder &&
      present.digest === version.digest &&
      isDeepStrictEqual(present.manifest, JSON.parse(JSON.stringify(manifest)))
    )
      continue;
    const record: CartridgeRecord = {
      uid: present?.uid ?? newUid(now),
      name,
      generation: (present?.generation ?? 0) + 1,
      directory: folder,
      digest: version.digest,
      manifest,
    };
    await store.cartridges.save(record);
  }
  for (const { cartridge } of await store.releases.find({})) {
    if (cartridge.digest === undefined || used.has(cartridge.digest)) continue;
    const version = { name: cartridge.name, digest: cartridge.digest };
    used.set(version.digest, version);
    if (await versions.restore(version)) continue;
    logger.warn(version, 'a version of a cartridge that releases were made with is gone: they cannot be started');
  }
  await versions.keepOnly([...used.values()]);
}

/** What cartridges require and the machine lacks is said at the start, and not only to the first who wants one. */
export async function tellUnusable(store: Store, runtimes: Runtimes, logger: Pick<Logger, 'info'>): Promise<void> {
  for (const { name, manifest } of await store.cartridges.find({})) {
    const why = await runtimes.whyUnusable(manifest);
    if (why !== undefined) logger.info({ cartridge: name, why }, 'a cartridge cannot be used on this machine');
  }
}

/**
 * A cartridge that is not in the folder any more starts nothing: what runs on it is blocked until it is back. One that was applied is
 * an image, and in no folder.
 */
export async function forgetLostCartridges(
  store: Store,
  directory: string,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  for (const { uid, name, directory: place } of await store.cartridges.find({})) {
    if (place === IMAGE_DIRECTORY || (await isCartridge(join(directory, name)))) continue;
    logger.warn({ cartridge: name, directory }, 'a cartridge is gone');
    await store.cartridges.delete(uid);
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
