/** What is stored of cartridges, as they are installed. Plain records; times are milliseconds since the epoch. */
import type { CartridgeManifest } from '../../../schema/manifests/cartridge.ts';

/** Where the cartridge is in its image: the folder of those that were applied, of which this machine has none. */
export const IMAGE_DIRECTORY = '/cartridge';

export interface CartridgeRecord {
  readonly uid: string;
  readonly name: string;
  readonly generation: number;
  /**
   * Absolute path that leads to its present version; where versions are kept, beside the folders of all, each called by its digest.
   * {@link IMAGE_DIRECTORY} of one that was applied.
   */
  readonly directory: string;
  /** Digest of the archive of its folder; null where no versions are kept. */
  readonly digest: string | null;
  readonly manifest: CartridgeManifest;
}
