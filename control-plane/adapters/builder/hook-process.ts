/** A hook with all that it starts: a process group of its own, and whatever of it has left the group. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { lowerPriority } from '../priority.ts';
import { environmentOf, listPids, readStat, runs } from '../process/kernel.ts';

/** Marks every process of a build; inherited, no secret. */
const BUILD_VARIABLE = 'CARTWRIGHT_BUILD';
const POLL_MILLISECONDS = 25;
const KILL_LIMIT_MILLISECONDS = 5000;
const READ_LIMIT_MILLISECONDS = 2000;

export interface HookOptions {
  readonly program: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Unique among all builds. */
  readonly build: string;
  /** User id, and group id, to run it with; the own ones if absent. */
  readonly user: number | undefined;
}

export interface HookExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class HookProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Of the hook itself; what it started may live on until {@link end}. */
  readonly exited: Promise<HookExit>;
  readonly #pid: number;
  readonly #mark: string;
  #hasExited = false;

  private constructor(child: ChildProcess, pid: number, mark: string) {
    this.#pid = pid;
    this.#mark = mark;
    this.stdout = child.stdout!;
    this.stderr = child.stderr!;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#hasExited = true;
        resolve({ code, signal });
      });
    });
  }

  /** Starts without a shell. Rejects with the system's error when the program cannot be started. */
  static start({ program, cwd, environment, build, user }: HookOptions): Promise<HookProcess> {
    return new Promise((resolve, reject) => {
      const env = { ...environment, [BUILD_VARIABLE]: build };
      const as = user === undefined ? {} : { uid: user, gid: user };
      const child = spawn(program, [], { cwd, env, ...as, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      child.once('error', reject);
      if (child.pid === undefined) return;
      lowerPriority(child.pid);
      resolve(new HookProcess(child, child.pid, `${BUILD_VARIABLE}=${build}`));
    });
  }

  /**
   * Both streams must be read by somebody. Ends everything that still runs: SIGTERM, after the grace SIGKILL. A hook that has ended by itself leaves nothing that
   * deserves a grace. Resolves when nothing runs any more, at the latest some seconds after the grace.
   */
  async end(graceMilliseconds: number): Promise<void> {
    if (!this.#hasExited) {
      this.#signal('SIGTERM');
      await this.#gone(graceMilliseconds, () => undefined);
    }
    await this.#gone(KILL_LIMIT_MILLISECONDS, () => this.#signal('SIGKILL'));
    // With the last writer gone the pipes end once they are read. A process that cannot be killed (it hangs in the kernel)
    // must not keep them, and so the build, open.
    const over = new AbortController();
    const read = Promise.all([closed(this.stdout), closed(this.stderr)]);
    const late = delay(READ_LIMIT_MILLISECONDS, undefined, { signal: over.signal });
    await Promise.race([read, late]);
    over.abort();
    await Promise.allSettled([late]);
    this.stdout.destroy();
    this.stderr.destroy();
  }

  async #gone(limitMilliseconds: number, eachTime: () => void): Promise<void> {
    const deadline = performance.now() + limitMilliseconds;
    while ((!this.#hasExited || this.#living().length > 0) && performance.now() < deadline) {
      eachTime();
      await delay(POLL_MILLISECONDS);
    }
  }

  #living(): number[] {
    return listPids().filter((pid) => {
      if (!environmentOf(pid).includes(this.#mark)) return false;
      return runs(readStat(pid));
    });
  }

  #signal(signal: NodeJS.Signals): void {
    // The group first, as one: its members cannot fork away one after the other.
    const members = this.#living();
    const inGroup = members.some((pid) => readStat(pid)?.group === this.#pid);
    if (!this.#hasExited || inGroup) send(-this.#pid, signal);
    for (const pid of members) send(pid, signal);
  }
}

function closed(stream: Readable): Promise<void> {
  return stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve));
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
