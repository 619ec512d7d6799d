/**
 * Which processes belong to the application: its process group and session, every descendant that was ever seen, and those
 * that carry its mark in their environment although they left group, session and parent behind (daemons).
 *
 * A look reads one directory and only the processes that were not there before, so it is cheap enough for every second.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { isVanished } from './reused-file.ts';
import { parseProcessStat, type ProcessStat } from './proc.ts';

/** The kernel's word on one process; `undefined` when it has ended (a zombie has). */
export function readProcessStat(pid: number): ProcessStat | undefined {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return stat && stat.state !== 'Z' && stat.state !== 'X' ? stat : undefined;
  } catch (error) {
    if (isVanished(error)) return undefined;
    throw error;
  }
}

function listProcesses(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first >= 48 && first <= 57) pids.push(Number(name));
  }
  return pids;
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch (error) {
    if (isVanished(error)) return [];
    throw error;
  }
}

/** Environment variable that all processes of one group inherit: unique to its start, so no stranger has the same. */
export const GROUP_VARIABLE = 'CARTWRIGHT_GROUP';

/** Environment variable that all processes of one instance inherit, over restarts of the agent. */
const INSTANCE_VARIABLE = 'CARTWRIGHT_INSTANCE';

/** Every process of an instance but for this one: what an earlier run of the agent left behind. */
export function findInstanceProcesses(instance: string): ProcessStat[] {
  return listProcesses()
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(`${INSTANCE_VARIABLE}=${instance}`))
    .map(readProcessStat)
    .filter((stat) => stat !== undefined);
}

export class ProcessTree {
  readonly #leader: number;
  readonly #mark: string;
  readonly #members = new Map<number, ProcessStat>();
  #seen = new Set<number>();

  /** @param mark value of {@link GROUP_VARIABLE} */
  constructor(leader: number, mark: string) {
    this.#leader = leader;
    this.#mark = `${GROUP_VARIABLE}=${mark}`;
  }

  /** Looks again and returns the living members; a member stays one until it ends. */
  look(): readonly ProcessStat[] {
    const pids = listProcesses();
    const present = new Set(pids);
    for (const pid of this.#members.keys()) if (!present.has(pid)) this.#members.delete(pid);
    const strangers: ProcessStat[] = [];
    for (const pid of pids) {
      if (this.#seen.has(pid) || pid === process.pid) continue;
      const stat = readProcessStat(pid);
      if (!stat) continue;
      if (this.#isRelated(stat)) this.#members.set(pid, stat);
      else strangers.push(stat);
    }
    for (const stat of strangers) if (environmentOf(stat.pid).includes(this.#mark)) this.#members.set(stat.pid, stat);
    this.#seen = present;
    return [...this.#members.values()];
  }

  #isRelated(stat: ProcessStat): boolean {
    return stat.group === this.#leader || stat.session === this.#leader || this.#members.has(stat.parent);
  }

  /**
   * Members that live now, asked of the kernel one by one: the answer before anybody is sent a signal. Each is as it is now, since
   * one may have left the group after it was seen in it.
   */
  living(): readonly ProcessStat[] {
    return this.look().flatMap((member) => {
      const now = readProcessStat(member.pid);
      return now?.startTicks === member.startTicks ? [now] : [];
    });
  }
}
