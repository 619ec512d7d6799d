/** What an agent found its machine to be, in words. */
import { bytes } from './units.ts';

const NAMES: Readonly<Record<string, string>> = {
  hostname: 'Host name',
  system: 'Operating system',
  kernel: 'Kernel',
  architecture: 'Architecture',
  processor: 'Processor',
  processorThreads: 'Threads',
  processorCores: 'Cores',
  memoryBytes: 'Memory of the machine',
  machine: 'Machine',
  isVirtual: 'Virtual',
  node: 'Node.js of the agent',
};

/** In the order of the names here; those of later agents behind, as they are called there. */
export function inventoryOf(inventory: unknown): (readonly [name: string, value: string])[] {
  if (typeof inventory !== 'object' || inventory === null) return [];
  const found = Object.entries(inventory);
  const rank = (name: string): number => Object.keys(NAMES).indexOf(name) + 1 || Infinity;
  return found
    .sort(([one], [other]) => (rank(one) === rank(other) ? 0 : rank(one) - rank(other)))
    .map(([name, value]) => [NAMES[name] ?? name, valueOf(name, value)]);
}

function valueOf(name: string, value: unknown): string {
  if (typeof value === 'number' && name.endsWith('Bytes')) return bytes(value);
  if (value === 'true') return 'yes';
  return value === 'false' ? 'no' : String(value);
}
