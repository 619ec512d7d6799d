/** Processes that nobody's request waits for: builds and Git. */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { readStat } from './process/kernel.ts';

/** Behind everything that serves, before nothing: an idle machine still gives it all. */
const NICENESS = 10;

/**
 * Puts a process that was just started, and what it will start, behind what serves. Linux first divides the processors between
 * sessions ("autogroups", sched(7)): one that leads a session of its own has that put behind the others', too.
 */
export function lowerPriority(pid: number): void {
  allowed(() => setPriority(pid, NICENESS));
  if (readStat(pid)?.session === pid)
    allowed(() => writeFileSync(`/proc/${pid}/autogroup`, String(NICENESS), { flag: 'r+' }));
}

/** It may have ended already, or the machine may not have or allow it: work at full priority is still done. */
function allowed(change: () => void): void {
  try {
    change();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!['ESRCH', 'EACCES', 'EPERM', 'ERR_SYSTEM_ERROR', 'ENOENT', 'EAGAIN', 'EIO', 'EROFS'].includes(code ?? ''))
      throw error;
  }
}
