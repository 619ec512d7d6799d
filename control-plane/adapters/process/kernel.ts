/**
 * What the kernel says about processes, read from /proc (proc(5)). Reads are synchronous: a file of /proc is answered from
 * memory in microseconds, and an answer that is used before anything else can happen is what identities are made of.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process for as long as the machine runs: a pid is given again, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start of the process in clock ticks since the boot (field 22 of /proc/PID/stat). */
  readonly startTicks: number;
}

export interface ProcessStat extends ProcessIdentity {
  /** One letter: R, S, D, T, Z (ended, not yet reaped), X … */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/**
 * Parses /proc/PID/stat. The second field is the program's name in parentheses and may itself hold spaces and parentheses,
 * so the fields are counted from the last closing one. `undefined` for anything that is no such line.
 */
export function parseStat(text: string): ProcessStat | undefined {
  const pid = Number.parseInt(text, 10);
  const end = text.lastIndexOf(')');
  if (!Number.isInteger(pid) || end < 0) return undefined;
  const fields = text
    .slice(end + 1)
    .trim()
    .split(/\s+/);
  const numbers = [fields[1], fields[2], fields[3], fields[19]].map(Number);
  if (fields[0] === undefined || numbers.some((value) => !Number.isInteger(value))) return undefined;
  const [parent, group, session, startTicks] = numbers as [number, number, number, number];
  return { pid, state: fields[0], parent, group, session, startTicks };
}

/** Reads a file of /proc; `undefined` when the process is gone or not ours to look at. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined;
    throw error;
  }
}

/** The process with this pid now, ended ones that nobody has reaped included; `undefined` when there is none. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Whether the process still runs; one that has ended and waits to be reaped does not. */
export function runs(stat: ProcessStat | undefined): stat is ProcessStat {
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X';
}

/** Whether this very process (not another one with its pid) still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid);
  return runs(stat) && stat.startTicks === identity.startTicks;
}

/** Identifier of this boot of the machine: pids of another boot say nothing. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** Pids of every process there is. */
export function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/**
 * Real user id of a process: who started it. (A program can make its files in /proc root's, and a set-user-id program changes
 * the effective one.)
 */
export function ownerOf(pid: number): number | undefined {
  const match = /^Uid:\t(\d+)\t/m.exec(readProc(`/proc/${pid}/status`) ?? '');
  return match ? Number(match[1]) : undefined;
}

function readList(path: string): string[] {
  const text = readProc(path);
  return text === undefined ? [] : Buffer.from(text, 'latin1').toString('utf8').split('\0');
}

/** The arguments a process was started with; empty when it has ended. */
export function argumentsOf(pid: number): string[] {
  return readList(`/proc/${pid}/cmdline`);
}

/** The environment a process was started with, as `NAME=value`; empty when it has ended or belongs to somebody else. */
export function environmentOf(pid: number): string[] {
  return readList(`/proc/${pid}/environ`);
}

/** Where a process works and which program it is; empty when it has ended, or belongs to somebody else. A deleted one has its former path. */
export function placesOf(pid: number): string[] {
  return ['cwd', 'exe'].flatMap((what) => {
    try {
      return [readlinkSync(`/proc/${pid}/${what}`)];
    } catch {
      return [];
    }
  });
}

/** The lowest port that a user who is not root may listen on (ip-sysctl, `ip_unprivileged_port_start`). */
export function lowestOpenPort(): number {
  const port = Number.parseInt(readProc('/proc/sys/net/ipv4/ip_unprivileged_port_start') ?? '', 10);
  return Number.isInteger(port) ? port : 1024;
}
