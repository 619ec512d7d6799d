/** What this machine has of what the platform's cartridges require. */
import { loadCartridges } from '../../control-plane/adapters/cartridges/load.ts';
import { createRuntimes } from '../../control-plane/adapters/cartridges/runtimes.ts';
import { searchPathOf } from '../../control-plane/adapters/process/spawn.ts';
import { CARTRIDGES } from './cartridge.ts';

/** The sentence with which a cartridge is refused here; `undefined` where it can be used. */
export async function whyUnusable(
  cartridge: string,
  searchPath: string = searchPathOf(process.execPath, process.env.PATH),
): Promise<string | undefined> {
  const found = (await loadCartridges(CARTRIDGES)).find(({ manifest }) => manifest.metadata.name === cartridge);
  if (found === undefined) throw new Error(`there is no cartridge ${cartridge}`);
  return createRuntimes(searchPath).whyUnusable(found.manifest);
}
