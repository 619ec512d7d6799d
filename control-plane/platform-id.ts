import { newUid } from '../schema/ids.ts';
import type { Store } from './app/ports/store.ts';

/** By which objects in host clusters are told to be this platform's: made once, and restored with a backup. */
export async function platformId(store: Pick<Store, 'settings'>): Promise<string> {
  const stored = (await store.settings.get('platform'))?.value;
  if (typeof stored === 'string') return stored;
  const made = newUid(Date.now());
  await store.settings.save({ uid: 'platform', value: made });
  return made;
}
