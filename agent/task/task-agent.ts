/**
 * The agent of a one-off task or a build: prepares the work, runs its program once, leaves the result in `result.json` and ends. It needs
 * the control plane for what it prepares alone: what has begun goes on to its end without it.
 *
 * Never twice: that it begins is on the disk before it does, and an agent that finds it there does not begin again.
 */
import type { TaskEnding, TaskResult } from '../../schema/agent/task.ts';
import { readToken, type AgentConfiguration } from '../config/instance.ts';
import { Fault, reasonOf } from '../lifecycle/faults.ts';
import { ProcessGroup } from '../lifecycle/process-group.ts';
import { endEarlierRun, RecordKeeper } from '../lifecycle/record.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { credentialsIn, Masking } from '../logs/masking.ts';
import { newUid } from '../../schema/ids.ts';
import { readIfPresent, writeAtomically } from '../storage/atomic-file.ts';
import { createLayout, layoutOf } from '../storage/layout.ts';
import { TaskOutput } from './task-output.ts';
import { TaskReport } from './task-report.ts';
import type { PreparedWork, TaskWork } from './work.ts';

/** From SIGTERM to SIGKILL, when it is asked to stop or is too late. */
const GRACE_MILLISECONDS = 8000;

export interface TaskAgentOptions {
  readonly configuration: AgentConfiguration;
  readonly work: TaskWork;
  readonly log: AgentLog;
  /** What the task prints and its result are brought to this path of the control plane, and the result is the container's message. Absent: they are read where they lie. */
  readonly report?: { readonly path: string; readonly messageFile: string };
  /** The result was written and nothing runs: the process can exit. */
  readonly onTerminated: () => void;
}

type Cut = 'timed-out' | 'stopped';

export class TaskAgent {
  readonly #options: TaskAgentOptions;
  readonly #layout;
  readonly #record: RecordKeeper;
  readonly #masking = new Masking();
  readonly #output: TaskOutput;
  readonly #report: TaskReport | undefined;
  /** Aborted with a {@link Cut} when it has to end. */
  readonly #cut = new AbortController();
  readonly #hurry = new AbortController();
  #group: ProcessGroup | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TaskAgentOptions) {
    this.#options = options;
    const { document, directory } = options.configuration;
    this.#layout = layoutOf(directory);
    this.#record = new RecordKeeper(this.#layout.processRecord, document.instance, newUid());
    this.#masking.set('token', [readToken(document.tokenFile)]);
    this.#output = new TaskOutput({
      directory: this.#layout.logs,
      masking: this.#masking,
      onError: (error) => options.log('error', 'output not kept', { error: error.message }),
    });
    const { report, log } = options;
    if (report !== undefined)
      this.#report = new TaskReport({
        url: `${document.controlPlane}/${report.path}`,
        token: () => readToken(document.tokenFile),
        directory: this.#layout.logs,
        messageFile: report.messageFile,
        log,
      });
  }

  /** Resolves when everything is over. Rejects with a `ConfigurationError` when another agent already runs this task. */
  async start(): Promise<void> {
    const { configuration, work, log, onTerminated } = this.#options;
    createLayout(this.#layout);
    const { instance } = configuration.document;
    await endEarlierRun(this.#layout.processRecord, instance);
    await this.#record.write();
    this.#report?.start();
    if (readIfPresent(this.#layout.taskResult) === undefined) {
      this.#timer = setTimeout(() => this.#end('timed-out'), Math.min(work.timeoutSeconds * 1000, 2 ** 31 - 1));
      const ending = await this.#ending();
      clearTimeout(this.#timer);
      await this.#output.close();
      const lastLines = [...this.#output.lastLines];
      const result: TaskResult = { v: 1, task: instance, ending, lastLines };
      await writeAtomically(this.#layout.taskResult, `${JSON.stringify(result)}\n`);
      log('info', 'the task has ended', { ending: ending.kind });
      await this.#report?.finish(result);
    }
    onTerminated();
  }

  /** Asks the command to end; a second time kills it. */
  signal(name: 'SIGTERM' | 'SIGINT'): void {
    this.#options.log('info', 'signal', { signal: name });
    if (this.#cut.signal.aborted) this.#hurry.abort();
    else this.#end('stopped');
  }

  /** Kills the command. Idempotent. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#hurry.abort();
    this.#end('stopped');
    await this.#group?.end(0);
    await this.#output.close();
    await this.#report?.close();
  }

  #end(why: Cut): void {
    if (!this.#cut.signal.aborted) this.#cut.abort(why);
  }

  async #ending(): Promise<TaskEnding> {
    if (readIfPresent(this.#layout.taskBegun) !== undefined) return { kind: 'interrupted' };
    const { signal } = this.#cut;
    try {
      const prepared = await this.#options.work.prepare(this.#layout, signal);
      signal.throwIfAborted();
      const ending = await this.#run(prepared);
      if (ending.kind === 'exited' && ending.code === 0) await this.#options.work.finish?.(this.#layout, signal);
      return ending;
    } catch (error) {
      if (signal.aborted) return { kind: signal.reason as Cut };
      return { kind: 'not-started', reason: reasonOf(error) };
    }
  }

  async #run({ command, cwd, environment, secrets }: PreparedWork): Promise<TaskEnding> {
    this.#masking.set('environment', credentialsIn(environment));
    this.#masking.set('secrets', secrets);
    await writeAtomically(this.#layout.taskBegun, `${JSON.stringify({ v: 1, at: Date.now() })}\n`);
    const group = await this.#startGroup(command, cwd, environment);
    this.#group = group;
    const read = Promise.all([
      this.#output.follow('stdout', group.stdout),
      this.#output.follow('stderr', group.stderr),
    ]);
    await this.#record.write({ pid: group.pid, startTicks: group.startTicks });
    const { signal } = this.#cut;
    const cut = new Promise<'cut'>((resolve) => {
      signal.addEventListener('abort', () => resolve('cut'), { once: true });
      if (signal.aborted) resolve('cut');
    });
    const exit = await Promise.race([group.exited, cut]);
    // What a command that has ended left running ends with it.
    await group.end(exit === 'cut' ? GRACE_MILLISECONDS : 0, this.#hurry.signal);
    await read;
    await this.#record.write();
    if (exit === 'cut') return { kind: signal.reason as Cut };
    return exit.kind === 'code' ? { kind: 'exited', code: exit.code } : { kind: 'signalled', signal: exit.signal };
  }

  async #startGroup(
    command: readonly string[],
    cwd: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<ProcessGroup> {
    try {
      return await ProcessGroup.start({ command, cwd, environment });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Fault(
        'start-command-not-found',
        `cannot start ${JSON.stringify(command[0])} (${code ?? 'unknown error'}): it was not found or is not executable. It is run without a shell, in the release's folder`,
        { cause: error },
      );
    }
  }
}
