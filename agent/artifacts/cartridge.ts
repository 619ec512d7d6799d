/** With which cartridge a release is run. */
import { join } from 'node:path';
import type { InstanceDocument, ReleaseConfiguration } from '../../schema/agent/instance.ts';

export type HeldCartridge = Pick<InstanceDocument['cartridge'], 'name' | 'directory' | 'spec'>;

/** What another version may not say. */
const NONE = { readiness: undefined, health: undefined, stopSignal: undefined, hookTimeoutSeconds: undefined };

/**
 * The version that the release was made with, where it says one and the instance has the versions at hand; otherwise the one that
 * the instance was begun with. Ports, resources and the time of a drain are the instance's own in any case: it has them already.
 */
export function cartridgeOf(
  { cartridge: fixed }: ReleaseConfiguration,
  { cartridge: own }: Pick<InstanceDocument, 'cartridge'>,
): HeldCartridge {
  if (fixed === undefined || own.versions === undefined) return own;
  return { name: own.name, directory: join(own.versions, fixed.digest), spec: { ...own.spec, ...NONE, ...fixed.spec } };
}
