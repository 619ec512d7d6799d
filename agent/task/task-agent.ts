/**
 * The agent of a one-off task: fetches the release, runs the command once, leaves the result in `result.json` and ends. It needs
 * the control plane for the release alone: what has begun goes on to its end without it.
 *
 * Never twice: that it begins is on the disk before it does, and an agent that finds it there does not begin again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { NO_METADATA } from '../../schema/agent/metadata.ts';
import type { TaskDocument, TaskEnding, TaskResult } from '../../schema/agent/task.ts';
import { ReleaseStore, type PreparedRelease } from '../artifacts/releases.ts';
import { exponential } from '../back-off.ts';
import { readToken, type AgentConfiguration } from '../config/instance.ts';
import { applicationEnvironment } from '../lifecycle/environment.ts';
import { Fault, reasonOf } from '../lifecycle/faults.ts';
import { cartridgeOf } from '../artifacts/cartridge.ts';
import { hookVariables, hookPathOf } from '../lifecycle/hooks.ts';
import { ProcessGroup } from '../lifecycle/process-group.ts';
import { endEarlierRun, RecordKeeper } from '../lifecycle/record.ts';
import { fetchMetadata, writeMetadata } from '../metadata/metadata.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { credentialsIn, Masking } from '../logs/masking.ts';
import { newUid } from '../../schema/ids.ts';
import { readIfPresent, writeAtomically } from '../storage/atomic-file.ts';
import { createLayout, layoutOf } from '../storage/layout.ts';
import { TaskOutput } from './task-output.ts';
import { TaskReport } from './task-report.ts';

/** From SIGTERM to SIGKILL, when it is asked to stop or is too late. */
const GRACE_MILLISECONDS = 8000;
const RETRY_BASE_MILLISECONDS = 500;
const RETRY_CAP_MILLISECONDS = 10_000;
/** What the control plane may mend by coming back. */
const PASSING: readonly string[] = [
  'artifact-fetch-failed',
  'artifact-digest-mismatch',
  'configuration-fetch-failed',
  'secrets-fetch-failed',
  'metadata-fetch-failed',
];

export interface TaskAgentOptions {
  readonly configuration: AgentConfiguration;
  readonly task: TaskDocument;
  readonly log: AgentLog;
  /** Search path that the command gets. */
  readonly path: string;
  /** Where the container's message is taken from: what the task prints and its result are brought to the control plane. Absent: they are read where they lie. */
  readonly messageFile?: string;
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
    const { messageFile, log } = options;
    if (messageFile !== undefined)
      this.#report = new TaskReport({
        controlPlane: document.controlPlane,
        token: () => readToken(document.tokenFile),
        directory: this.#layout.logs,
        messageFile,
        log,
      });
  }

  /** Resolves when everything is over. Rejects with a `ConfigurationError` when another agent already runs this task. */
  async start(): Promise<void> {
    const { configuration, task, log, onTerminated } = this.#options;
    createLayout(this.#layout);
    const { instance } = configuration.document;
    await endEarlierRun(this.#layout.processRecord, instance);
    await this.#record.write();
    this.#report?.start();
    if (readIfPresent(this.#layout.taskResult) === undefined) {
      this.#timer = setTimeout(() => this.#end('timed-out'), Math.min(task.timeoutSeconds * 1000, 2 ** 31 - 1));
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
      const prepared = await this.#prepare(signal);
      signal.throwIfAborted();
      return await this.#run(prepared);
    } catch (error) {
      if (signal.aborted) return { kind: signal.reason as Cut };
      return { kind: 'not-started', reason: reasonOf(error) };
    }
  }

  /** The release; asked for until the time is over, where the control plane was away. */
  async #prepare(signal: AbortSignal): Promise<PreparedRelease> {
    const { configuration, task, log } = this.#options;
    const { document } = configuration;
    const { maximumBytes } = document.cartridge.spec.build;
    const store = new ReleaseStore(this.#layout, maximumBytes, { token: () => readToken(document.tokenFile) });
    for (let failures = 0; ; failures += 1) {
      try {
        await this.#bringMetadata(signal);
        return await store.prepare(task.release, signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof Fault) || !PASSING.includes(error.code)) throw error;
        log('warn', 'the release is not there yet', { error: error.message });
        await delay(exponential(failures, RETRY_BASE_MILLISECONDS, RETRY_CAP_MILLISECONDS), undefined, { signal });
      }
    }
  }

  async #bringMetadata(signal: AbortSignal): Promise<void> {
    const { configuration, task } = this.#options;
    const token = readToken(configuration.document.tokenFile);
    try {
      const document =
        task.metadataUrl === undefined ? NO_METADATA : await fetchMetadata(task.metadataUrl, token, signal);
      await writeMetadata(this.#layout.metadata, document);
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Fault('metadata-fetch-failed', `the metadata could not be fetched: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async #run(prepared: PreparedRelease): Promise<TaskEnding> {
    const command = this.#command(prepared);
    const environment = this.#environment(prepared);
    this.#masking.set('environment', credentialsIn(environment));
    this.#masking.set(
      'secrets',
      prepared.secrets.map(({ value }) => value),
    );
    await writeAtomically(this.#layout.taskBegun, `${JSON.stringify({ v: 1, at: Date.now() })}\n`);
    const group = await this.#startGroup(command, prepared.tree, environment);
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

  #command(prepared: PreparedRelease): readonly string[] {
    const { task, configuration } = this.#options;
    if (task.program.kind === 'command') return task.program.command;
    const cartridge = cartridgeOf(prepared.configuration, configuration.document);
    const path = hookPathOf(cartridge, task.program.hook);
    if (path === undefined) throw new Fault('hook-failed', `the cartridge ${cartridge.name} has no hook release`);
    return [path];
  }

  #environment(prepared: PreparedRelease): Readonly<Record<string, string>> {
    const { task, configuration, path } = this.#options;
    const { document } = configuration;
    const own = applicationEnvironment({
      ...prepared,
      document,
      home: this.#layout.home,
      metadata: this.#layout.metadata,
      path,
      socket: undefined,
    });
    const { directory } = cartridgeOf(prepared.configuration, document);
    const hook = task.program.kind === 'hook' ? hookVariables(task.program.hook, directory, prepared.tree) : {};
    return { ...own, ...hook, CARTWRIGHT_TASK: document.instance };
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
