/** What the process provider is made with. */
import { totalmem } from 'node:os';
import type { TenantUsers } from '../users/tenant-users.ts';
import type { MemoryGroups } from './memory-groups.ts';
import type { PortRange } from './ports.ts';

export interface ProcessProviderOptions {
  /** Instances live in `instances/` below it. */
  readonly dataDirectory: string;
  /** The agent's main bundle. */
  readonly agentProgram: string;
  /** The Node program that runs the agent; its folder comes first in the agent's PATH. */
  readonly nodeProgram: string;
  readonly portRange: PortRange;
  /** The address that applications listen on and are reached at. */
  readonly listenHost: string;
  /** The address that load balancers listen on instead, for those outside of the machine; `listenHost` if absent. */
  readonly publicListenHost?: string;
  /** Part of the machine's memory that instances may declare together, in (0, 1]. */
  readonly memoryShare: number;
  /** Memory of the machine; its own (or that of the container this runs in) if absent. */
  readonly totalMemoryBytes?: number;
  /** Memory that others on this machine may use by their declaration, in bytes: one-off tasks. Absent: there are none. */
  readonly declaredBeside?: () => Promise<number>;
  /** A user id for each tenant; absent: every instance runs as the user of the control plane. */
  readonly users?: TenantUsers;
  /** The cartridges' folder, which the users of tenants have to be able to read. */
  readonly cartridgesDirectory?: string;
  /** Control groups in which the kernel holds applications to their memory; absent: their agents do. */
  readonly memoryGroups?: MemoryGroups;
  /** PEM of the authorities that agents check a broker's certificate against; those of the machine if absent. */
  readonly brokerAuthority?: string;
  /** Where agents and applications look for programs, after Node's folder; Debian's usual one if absent. */
  readonly searchPath?: string;
  /** In [0, 1): where in the range of ports to begin. */
  readonly random?: () => number;
  /** Asked at the last moment before an agent is started or told to end; throws when another holder may have taken over. */
  readonly mayAct?: () => void;
  /** Told of what goes wrong outside any call, e.g. processes that do not end. */
  readonly onProblem?: (error: Error) => void;
}

/** Memory of the machine, or of the container that this process is confined to. */
export function machineMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}
