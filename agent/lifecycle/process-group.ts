/** A program with all that it starts: a session of its own, signalled and ended as one. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { newUid } from '../../schema/ids.ts';
import { closeWriters, openOutputPipes, type OutputPipe } from './output-pipe.ts';
import { GROUP_VARIABLE, ProcessTree, readProcessStat } from '../telemetry/process-tree.ts';
import type { ProcessStat } from '../telemetry/proc.ts';

const POLL_MILLISECONDS = 20;
const KILL_WAIT_MILLISECONDS = 2000;
const READ_WAIT_MILLISECONDS = 500;

export type Exit =
  { readonly kind: 'code'; readonly code: number } | { readonly kind: 'signal'; readonly signal: NodeJS.Signals };

export function exitText(exit: Exit): string {
  return exit.kind === 'code' ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

export interface ProgramOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Sends a signal to a process or (negative) group; whether there was one to get it. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}

export class ProcessGroup {
  readonly pid: number;
  readonly startTicks: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly tree: ProcessTree;
  /** Of the leader; the rest of the group may live on until {@link end}. */
  readonly exited: Promise<Exit>;
  #hasExited = false;

  private constructor(child: ChildProcess, pid: number, mark: string, [stdout, stderr]: readonly OutputPipe[]) {
    this.pid = pid;
    this.startTicks = readProcessStat(pid)?.startTicks ?? 0;
    this.stdout = stdout!.reader;
    this.stderr = stderr!.reader;
    this.tree = new ProcessTree(pid, mark);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#hasExited = true;
        resolve(signal ? { kind: 'signal', signal } : { kind: 'code', code: code ?? 0 });
      });
    });
  }

  /** Starts a program without a shell. Rejects with the system's error when it cannot be started. */
  static async start({ command, cwd, environment }: ProgramOptions): Promise<ProcessGroup> {
    const [program, ...args] = command;
    const mark = newUid();
    const env = { ...environment, [GROUP_VARIABLE]: mark };
    const pipes = await openOutputPipes(2);
    try {
      const stdio = ['ignore' as const, ...pipes.map(({ writer }) => writer)];
      const child = spawn(program!, args, { cwd, env, detached: true, stdio });
      if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
      return new ProcessGroup(child, child.pid, mark, pipes);
    } catch (error) {
      for (const { reader } of pipes) reader.destroy();
      throw error;
    } finally {
      closeWriters(pipes);
    }
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** To the whole group, and to members that have left it. */
  signal(signal: NodeJS.Signals): void {
    this.#signalMembers(this.tree.living(), signal);
  }

  #signalMembers(members: readonly ProcessStat[], signal: NodeJS.Signals): void {
    // The leader's id stays taken while any process is in its group, so that no stranger can be meant by it.
    if (!this.#hasExited || members.some(({ group }) => group === this.pid)) sendSignal(-this.pid, signal);
    for (const { pid } of members.filter(({ group }) => group !== this.pid)) sendSignal(pid, signal);
  }

  /**
   * The signal, then, after the grace or as soon as `hurry` aborts, SIGKILL to everything. Resolves when nothing of it lives.
   * A leader that has ended already gets no grace for what it left behind.
   */
  async end(graceMilliseconds: number, hurry?: AbortSignal, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.#hasExited && graceMilliseconds > 0) {
      this.signal(signal);
      await this.#gone(performance.now() + graceMilliseconds, hurry);
    }
    const deadline = performance.now() + KILL_WAIT_MILLISECONDS;
    for (;;) {
      const members = this.tree.living();
      if (members.length === 0 && this.#hasExited) break;
      this.#signalMembers(members, 'SIGKILL');
      if (performance.now() > deadline) break;
      await Promise.race([delay(POLL_MILLISECONDS), this.#hasExited ? delay(POLL_MILLISECONDS) : this.exited]);
    }
    await this.#readToEnd();
  }

  /** What was printed last is still in the pipes; a stranger that holds one open is not waited for. */
  async #readToEnd(): Promise<void> {
    const streams = [this.stdout, this.stderr];
    const closed = streams.filter((stream) => !stream.closed).map((stream) => once(stream, 'close'));
    const late = new AbortController();
    const limit = delay(READ_WAIT_MILLISECONDS, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([Promise.all(closed), limit]);
    late.abort();
    for (const stream of streams) stream.destroy();
  }

  async #gone(deadline: number, hurry?: AbortSignal): Promise<void> {
    while (performance.now() < deadline && !hurry?.aborted) {
      if (this.#hasExited && this.tree.living().length === 0) return;
      await delay(POLL_MILLISECONDS);
    }
  }
}
