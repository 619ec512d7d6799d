/** The kinds of manifest that there are, each with its schema. */
import type { z } from 'zod';
import { applicationManifest } from './application.ts';
import { cartridgeManifest } from './cartridge.ts';
import { autoscalingPolicyManifest, deploymentPolicyManifest } from './policy.ts';

export const MANIFEST_SCHEMAS = {
  Application: applicationManifest,
  AutoscalingPolicy: autoscalingPolicyManifest,
  Cartridge: cartridgeManifest,
  DeploymentPolicy: deploymentPolicyManifest,
} as const;

export type ManifestKind = keyof typeof MANIFEST_SCHEMAS;
/** Any manifest, with every default filled in; discriminated by `kind`. */
export type Manifest = z.infer<(typeof MANIFEST_SCHEMAS)[ManifestKind]>;

export const MANIFEST_KINDS = Object.keys(MANIFEST_SCHEMAS) as ManifestKind[];

export function isManifestKind(value: unknown): value is ManifestKind {
  return typeof value === 'string' && Object.hasOwn(MANIFEST_SCHEMAS, value);
}
