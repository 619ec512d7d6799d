/**
 * Parsers of files below /proc (proc(5)). Each takes the text as it was read and answers `undefined` for anything that is
 * not such a file: processes end while they are being read.
 */

/** Clock ticks a second of `utime` and the like; USER_HZ is 100 on every architecture that Node runs on. */
export const TICKS_PER_SECOND = 100;

export interface ProcessStat {
  readonly pid: number;
  /** `Z` and `X` are processes that have ended. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** User and system time of its own threads, ended ones included, ticks. */
  readonly ownTicks: number;
  /** Time of children that were waited for, and of theirs, ticks. */
  readonly childTicks: number;
  /** Start after boot, ticks; with the pid it names one process for as long as the machine runs. */
  readonly startTicks: number;
}

function whole(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,20}$/.test(text)) return undefined;
  return Number(text);
}

/** `/proc/PID/stat`. The command name may hold spaces and brackets, so fields are counted from the last bracket. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const open = text.indexOf(' (');
  const close = text.lastIndexOf(') ');
  if (open < 1 || close < open) return undefined;
  const pid = whole(text.slice(0, open));
  const fields = text.slice(close + 2).split(' ');
  const numbers = [1, 2, 3, 11, 12, 13, 14, 19].map((index) => whole(fields[index]));
  if (pid === undefined || numbers.includes(undefined)) return undefined;
  const [parent, group, session, user, system, childUser, childSystem, startTicks] = numbers as number[];
  return {
    pid,
    state: fields[0]!,
    parent: parent!,
    group: group!,
    session: session!,
    ownTicks: Math.max(0, user! + system!),
    childTicks: Math.max(0, childUser! + childSystem!),
    startTicks: startTicks!,
  };
}

export interface MemoryPages {
  readonly resident: number;
  /** Resident pages that other processes may share: files and shared memory. */
  readonly shared: number;
}

/** `/proc/PID/statm`, in pages. */
export function parseStatm(text: string): MemoryPages | undefined {
  const match = /^\d+ (\d{1,15}) (\d{1,15}) /.exec(text);
  if (!match) return undefined;
  const resident = Number(match[1]);
  return { resident, shared: Math.min(resident, Number(match[2])) };
}

/** `/proc/PID/task/TID/schedstat`: time on a CPU plus time runnable but waiting for one, nanoseconds. */
export function parseSchedstat(text: string): number | undefined {
  const match = /^(\d{1,20}) (\d{1,20}) \d+/.exec(text);
  return match ? Number(match[1]) + Number(match[2]) : undefined;
}

/** The kernel's page size from the beginning of any `/proc/PID/smaps`, bytes. */
export function parsePageSize(text: string): number | undefined {
  const match = /^KernelPageSize:\s+(\d{1,6}) kB$/m.exec(text);
  return match ? Number(match[1]) * 1024 : undefined;
}
