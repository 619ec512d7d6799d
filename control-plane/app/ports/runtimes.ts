/** What the machine, on which the provider runs instances, has of what cartridges require. */
import type { CartridgeManifest } from '../../../schema/manifests/cartridge.ts';

export interface Runtimes {
  /**
   * One sentence why no instance of a cartridge can run, and what to do; `undefined` when one can. The machine is asked each
   * time: programs come and go while the control plane runs. Never rejects.
   */
  whyUnusable(cartridge: Pick<CartridgeManifest, 'metadata' | 'spec'>): Promise<string | undefined>;
  /** One sentence why a tenant may not use a cartridge, and who can change that; undefined: it may. Absent: every tenant may use each. */
  whyForbidden?(cartridge: Pick<CartridgeManifest, 'metadata' | 'spec'>, tenant: string): string | undefined;
  /** The image, by its digest, that instances of a cartridge would be run from now; undefined: there is none. Absent: they are run from no image. */
  imageOf?(cartridge: Pick<CartridgeManifest, 'metadata' | 'spec'>): string | undefined;
}
