/** The documents of a call, by what they are. */
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import type { CartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import type { Manifest } from '../../../schema/manifests/kinds.ts';

export type PolicyManifest = Extract<Manifest, { kind: 'AutoscalingPolicy' | 'DeploymentPolicy' }>;

interface Located<M extends Manifest> {
  /** Of the document in its file. */
  readonly index: number;
  readonly manifest: M;
}

export interface Asked<M extends Manifest> extends Located<M> {
  readonly tenant: string;
}

/** All documents of a call. Cartridges are the platform's, and of no tenant. */
export interface Documents {
  readonly objects: readonly Asked<Manifest>[];
  readonly cartridges: readonly Located<CartridgeManifest>[];
}

/** @param tenantFor the tenant that a document is for; throws where the caller may not change that */
export function documentsOf(manifests: readonly Manifest[], tenantFor: (manifest: Manifest) => string): Documents {
  const objects: Asked<Manifest>[] = [];
  const cartridges: Located<CartridgeManifest>[] = [];
  for (const [index, manifest] of manifests.entries()) {
    if (manifest.kind === 'Cartridge') cartridges.push({ index, manifest });
    else objects.push({ index, manifest, tenant: tenantFor(manifest) });
  }
  return { objects, cartridges };
}

export function isApplication(object: Asked<Manifest>): object is Asked<ApplicationManifest> {
  return object.manifest.kind === 'Application';
}
