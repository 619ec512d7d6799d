/**
 * Which processes belong to an instance. Four kinds of evidence count, all of them the kernel's: the instance's id in the
 * environment that a process was started with, membership in the session or group of a recorded leader that still is the
 * recorded process, (for the agent) the path of its configuration among its arguments, and, where its tenant has a user id that
 * nobody else has, that it works in the instance's folder or is a program of it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ProviderError } from '../../app/errors.ts';
import type { ProcessIdentity, ProcessStat } from './kernel.ts';
import { argumentsOf, environmentOf, isRunning, listPids, ownerOf, placesOf, readStat, runs } from './kernel.ts';

/** The variable that marks every process of an instance; set by the provider, inherited, no secret. */
export const INSTANCE_VARIABLE = 'CARTWRIGHT_INSTANCE';

/** An instance, and the user whose processes can belong to it: nobody else's count, whatever they say they are. */
export interface Owned {
  readonly instance: string;
  /** User id of its processes; the control plane's own if absent. */
  readonly user?: number | undefined;
  /** Absolute path of its folder. */
  readonly directory?: string;
}

export interface InstanceMarks extends Owned {
  /** Absolute path of the instance's document, as the agent gets it. */
  readonly configuration: string;
}

function isMarked(pid: number, instance: string): boolean {
  return environmentOf(pid).includes(`${INSTANCE_VARIABLE}=${instance}`);
}

/** Not of the control plane's own user: somebody may be looking round there in a shell. */
function isInside(pid: number, { user, directory }: Owned): boolean {
  if (user === undefined || user === process.getuid?.() || directory === undefined) return false;
  return placesOf(pid).some((place) => place === directory || place.startsWith(`${directory}/`));
}

function isOf(pid: number, user: number | undefined): boolean {
  return pid !== process.pid && pid > 1 && ownerOf(pid) === (user ?? process.getuid?.());
}

function hasConfiguration(pid: number, configuration: string): boolean {
  const list = argumentsOf(pid);
  const at = list.indexOf('--config');
  return at >= 0 && list[at + 1] === configuration;
}

/** Whether a process is just becoming another program: for a moment it has neither arguments nor an environment. */
function isBecoming(pid: number): boolean {
  return [...argumentsOf(pid), ...environmentOf(pid)].every((text) => text === '');
}

/** Whether a recorded agent is running and really is the agent of this instance and no stranger. */
export function isAgentRunning(identity: ProcessIdentity, marks: InstanceMarks): boolean {
  if (!isRunning(identity) || !isOf(identity.pid, marks.user)) return false;
  const { pid } = identity;
  // In this order: it may have become the program between one look and the next.
  return isBecoming(pid) || isMarked(pid, marks.instance) || hasConfiguration(pid, marks.configuration);
}

/** The agent that was started with this configuration, if one runs, whatever has been recorded. */
export function findAgent(marks: InstanceMarks): ProcessIdentity | undefined {
  for (const pid of listPids()) {
    if (!isOf(pid, marks.user) || !hasConfiguration(pid, marks.configuration)) continue;
    const stat = readStat(pid);
    // Between fork and exec a child still has its parent's arguments: it is no agent, its parent is.
    if (runs(stat) && !hasConfiguration(stat.parent, marks.configuration)) return { pid, startTicks: stat.startTicks };
  }
  return undefined;
}

/**
 * Every running process of the instance. A leader that has ended but is not reaped still holds its number, so its group
 * is still its group; once the number may have been given away only marked processes count.
 */
export function processesOf(owned: Owned, leaders: readonly ProcessIdentity[]): ProcessStat[] {
  const { instance, user } = owned;
  const numbers = new Set(
    leaders
      .filter((leader) => isOf(leader.pid, user) && readStat(leader.pid)?.startTicks === leader.startTicks)
      .map((leader) => leader.pid),
  );
  const own = readStat(process.pid);
  const found: ProcessStat[] = [];
  for (const pid of listPids()) {
    if (!isOf(pid, user)) continue;
    const stat = readStat(pid);
    if (!runs(stat)) continue;
    const led =
      (numbers.has(stat.group) && stat.group !== own?.group) ||
      (numbers.has(stat.session) && stat.session !== own?.session);
    if (led || isMarked(pid, instance) || isInside(pid, owned)) found.push(stat);
  }
  return found;
}

/** Sends a signal to this very process; whether it was there to take it. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

const ROUND_MILLISECONDS = 10;
const LAST_ROUND = 500;

/**
 * Kills every process of the instance, looking again until none is left: a process may fork while the others are killed.
 * `seen` are processes that belonged to it when its leaders could still be asked. Throws `ProviderError` INSTANCE_PROCESSES_REMAIN when some do not end (they hang in the kernel, on a dead disk).
 */
export async function killProcesses(
  owned: Owned,
  leaders: readonly ProcessIdentity[],
  seen: readonly ProcessIdentity[] = [],
): Promise<void> {
  for (let round = 0; ; round += 1) {
    const found = [...processesOf(owned, leaders), ...seen.filter(isRunning)];
    if (found.length === 0) return;
    if (round === LAST_ROUND) {
      throw new ProviderError(
        'INSTANCE_PROCESSES_REMAIN',
        `processes ${found.map(({ pid }) => pid).join(', ')} of instance ${owned.instance} do not end on SIGKILL; look at what they wait for in /proc/PID/stack`,
      );
    }
    for (const stat of found) signalProcess(stat, 'SIGKILL');
    await delay(ROUND_MILLISECONDS);
  }
}
