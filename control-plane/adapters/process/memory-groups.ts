/**
 * A control group (version 2, the kernel's admin-guide/cgroup-v2) for each instance, in which the kernel holds its application to
 * the declared memory. It takes a part of the tree that was given to this program: systemd's `Delegate=` with
 * `DelegateSubgroup=control-plane`, so that no process is in the group that the instances' are made below.
 *
 *     <delegated>/control-plane                       this program
 *     <delegated>/instances/<instance>                memory.max: declared, and what the agent needs
 *     <delegated>/instances/<instance>/agent
 *     <delegated>/instances/<instance>/application    memory.max: declared
 */
import { chownSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The group that systemd starts the control plane in. */
const OWN_GROUP = 'control-plane';
/** For the agent beside its application, bytes; so that processes which move over to it gain little. */
const AGENT_BYTES = 128 * 1024 ** 2;

/** The delegated group by what the kernel says of this process; `undefined` when none was delegated to it. */
export function findDelegated(mountinfo: string, membership: string): string | undefined {
  const mount = mountinfo
    .split('\n')
    .map((line) => line.split(' - '))
    .find(([, after]) => after?.startsWith('cgroup2 '));
  const [, , , root, point] = mount?.[0]?.split(' ') ?? [];
  const path = /^0::(\/.*)$/m.exec(membership)?.[1];
  if (point === undefined || path === undefined || root !== '/') return undefined;
  return basename(path) === OWN_GROUP ? join(point, dirname(path)) : undefined;
}

/**
 * Opens the delegated part of the tree; `undefined` when there is none, or memory was not delegated with it: then agents alone
 * see to the memory. Throws the system's error when it was delegated and cannot be used.
 */
export function openMemoryGroups(
  mountinfo = readFileSync('/proc/self/mountinfo', 'latin1'),
  membership = readFileSync('/proc/self/cgroup', 'latin1'),
): MemoryGroups | undefined {
  const delegated = findDelegated(mountinfo, membership);
  if (delegated === undefined) return undefined;
  if (!readFileSync(join(delegated, 'cgroup.controllers'), 'latin1').trim().split(' ').includes('memory'))
    return undefined;
  const root = join(delegated, 'instances');
  writeFileSync(join(delegated, 'cgroup.subtree_control'), '+memory');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'cgroup.subtree_control'), '+memory');
  return new MemoryGroups(root);
}

export class MemoryGroups {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Where the agent puts its application. */
  applicationOf(instance: string): string {
    return join(this.#root, instance, 'application');
  }

  /** Makes the groups of an instance; what is there already is set again. @param user who may move processes between the two */
  make(instance: string, memoryBytes: number, user: number | undefined): void {
    const whole = join(this.#root, instance);
    mkdirSync(whole, { recursive: true });
    writeFileSync(join(whole, 'memory.max'), String(memoryBytes + AGENT_BYTES));
    writeFileSync(join(whole, 'cgroup.subtree_control'), '+memory');
    const parts = [join(whole, 'agent'), this.applicationOf(instance)];
    for (const part of parts) mkdirSync(part, { recursive: true });
    const application = this.applicationOf(instance);
    writeFileSync(join(application, 'memory.max'), String(memoryBytes));
    // An application that is ended is ended as one.
    writeFileSync(join(application, 'memory.oom.group'), '1');
    // Absent where the kernel counts no swap.
    if (existsSync(join(application, 'memory.swap.max'))) writeFileSync(join(application, 'memory.swap.max'), '0');
    if (user !== undefined) for (const group of [whole, ...parts]) chownSync(join(group, 'cgroup.procs'), user, user);
  }

  /** Puts the agent into its group: what it starts begins there. */
  enter(instance: string, pid: number): void {
    writeFileSync(join(this.#root, instance, 'agent/cgroup.procs'), String(pid));
  }

  /** Removes the groups of an instance of which nothing runs. Does nothing when there are none. */
  remove(instance: string): void {
    const whole = join(this.#root, instance);
    for (const group of [this.applicationOf(instance), join(whole, 'agent'), whole]) {
      try {
        rmdirSync(group);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
}
