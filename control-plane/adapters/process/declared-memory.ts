/** What the memory that is declared leaves of the machine. Pure. */
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import type { ObservedInstance } from '../../app/ports/provider.ts';

interface Seen {
  readonly folder: { readonly document: Pick<InstanceDocument, 'instance' | 'cartridge'> };
  readonly state: ObservedInstance['state'];
}

/**
 * Bytes that all that runs may use by its declaration.
 *
 * @param creating declared memory of those that are being created, by instance: they count before anything of them is on the disk
 */
export function declaredMemoryBytes(seen: readonly Seen[], creating: ReadonlyMap<string, number>): number {
  const byInstance = new Map(creating);
  for (const { folder, state } of seen) {
    const { instance, cartridge } = folder.document;
    byInstance.set(instance, state === 'gone' ? 0 : cartridge.spec.resources.memoryBytes);
  }
  return [...byInstance.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** How many of so much memory still fit in. */
export function roomFor(memoryBytes: number, capacityBytes: number, declaredBytes: number): number {
  return Math.max(0, Math.floor((capacityBytes - declaredBytes) / Math.max(1, memoryBytes)));
}
