/**
 * Standing back on the processors. An instance that starts another release serves nobody: until it is ready, those that serve
 * go first.
 *
 * Linux divides the processors between sessions ("autogroups", sched(7)): the agent is one and its application another. The
 * niceness of a session can be taken back without any right, unlike that of a process. Where there are no autogroups (in a
 * control group with a weight of its own, as in a container) nothing happens, and the weights there hold.
 */
import { writeFileSync } from 'node:fs';
import { readProcessStat } from '../telemetry/process-tree.ts';

/** A tenth of the weight of those that serve; an idle machine still gives it all. */
const NICENESS = 10;
/** What starts for longer than this has stood back enough. */
const LONGEST_MILLISECONDS = 5000;
/** The kernel takes ten changes a second from all users together. */
const AGAIN_MILLISECONDS = 150;

export class Background {
  /** Leaders of the sessions that stand back. */
  readonly #sessions = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #isEntered = false;

  /** This process stands back, and what is {@link take taken}, until {@link leave}, a few seconds at most. Never throws. */
  enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    this.take(process.pid);
    this.#leaveIn(LONGEST_MILLISECONDS);
  }

  /** Has the session of its leader stand back as long as this process does. */
  take(leader: number): void {
    // Of a session that it does not lead a process would change what is not its own.
    if (!this.#isEntered || readProcessStat(leader)?.session !== leader) return;
    if (setSessionNiceness(leader, NICENESS) === 'done') this.#sessions.add(leader);
  }

  /** All take their places back. Idempotent; tried again until the kernel has taken it. */
  leave(): void {
    if (!this.#isEntered) return;
    clearTimeout(this.#timer);
    for (const leader of this.#sessions) {
      if (setSessionNiceness(leader, 0) === 'later') return this.#leaveIn(AGAIN_MILLISECONDS);
      this.#sessions.delete(leader);
    }
    this.#isEntered = false;
  }

  #leaveIn(milliseconds: number): void {
    this.#timer = setTimeout(() => this.leave(), milliseconds);
    this.#timer.unref();
  }
}

/** `never`: there are no autogroups, or the process has ended. */
function setSessionNiceness(leader: number, niceness: number): 'done' | 'later' | 'never' {
  try {
    writeFileSync(`/proc/${leader}/autogroup`, String(niceness), { flag: 'r+' });
    return 'done';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 'later' : 'never';
  }
}
