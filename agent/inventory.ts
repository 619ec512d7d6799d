/**
 * A program of its own: says on stdout what this machine is, as one JSON object, and ends. Run once by the agent after its
 * first CONNECT, because `systeminformation` is heavy and blocks.
 */
import { constants, setPriority } from 'node:os';
import { cpu, mem, osInfo, system } from 'systeminformation';

setPriority(0, constants.priority.PRIORITY_LOW);
const [os, processor, memory, machine] = await Promise.all([osInfo(), cpu(), mem(), system()]);
const inventory: Record<string, string | number> = {
  hostname: os.hostname,
  system: `${os.distro} ${os.release}`.trim(),
  kernel: os.kernel,
  architecture: os.arch,
  processor: `${processor.manufacturer} ${processor.brand}`.trim(),
  processorThreads: processor.cores,
  processorCores: processor.physicalCores,
  memoryBytes: memory.total,
  machine: `${machine.manufacturer} ${machine.model}`.trim(),
  isVirtual: String(machine.virtual),
  node: process.versions.node,
};
const bounded = Object.fromEntries(
  Object.entries(inventory)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, 200) : value]),
);
process.stdout.write(`${JSON.stringify(bounded)}\n`);
