/** A machine in memory for one-off tasks: each runs until a test ends it, whatever becomes of the control plane. */
import type { TaskDocument, TaskEnding } from '../../../schema/agent/task.ts';
import type { JobRequest, ObservedTask, TaskProblem, TaskProvider, TaskRequest } from '../ports/tasks.ts';

export class InMemoryTasks implements TaskProvider {
  /** Its agents have their token from it, as on a machine, where it is false. */
  asksForTokens = true;
  readonly tasks = new Map<string, ObservedTask & { readonly request: TaskRequest }>();
  /** Commands that were begun, hooks by their name, in order. */
  readonly begun: string[] = [];
  /** Thrown by the next start. */
  failure: Error | undefined;
  unseenPlaces: readonly string[] = [];
  /** What runs is there, and it does not answer. */
  placeAway: string | undefined;
  /** Whose end was recorded. */
  readonly settledTasks: string[] = [];
  readonly #outputs = new Map<string, { stdout: string; stderr: string }>();
  readonly #listeners = new Set<(task: string) => void>();

  async list(): Promise<ObservedTask[]> {
    return [...this.tasks.values()].map(observed);
  }

  unseen(): readonly string[] {
    return this.unseenPlaces;
  }

  awayIn(): string | undefined {
    return this.placeAway;
  }

  async observe(task: string): Promise<ObservedTask | undefined> {
    const found = this.tasks.get(task);
    return found && observed(found);
  }

  async start(request: JobRequest & Partial<TaskRequest>): Promise<void> {
    const { instance, task } = request.document;
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    if (this.tasks.has(instance)) return;
    this.begun.push(nameOf(task?.program));
    this.tasks.set(instance, { task: instance, state: 'running', isBegun: true, request: request as TaskRequest });
  }

  async stop(task: string): Promise<void> {
    const found = this.tasks.get(task);
    if (found?.state !== 'running') return;
    if (found.isBegun) this.end(task, { kind: 'stopped' });
    else this.keepFromBeginning(task, found.problem ?? { code: 'none', message: 'nothing' }, 'ended');
  }

  async output(task: string, from: { stdout: number; stderr: number }) {
    const { stdout = '', stderr = '' } = this.#outputs.get(task) ?? {};
    return { stdout: Buffer.from(stdout).subarray(from.stdout), stderr: Buffer.from(stderr).subarray(from.stderr) };
  }

  async settled(task: string): Promise<void> {
    this.settledTasks.push(task);
  }

  async remove(task: string): Promise<void> {
    this.tasks.delete(task);
    this.#outputs.delete(task);
  }

  onChange(listener: (task: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  /** Uid of the only task that runs. */
  get running(): string {
    const running = [...this.tasks.values()].filter(({ state }) => state === 'running');
    if (running.length !== 1) throw new Error(`${running.length} tasks run`);
    return running[0]!.task;
  }

  print(task: string, stdout: string, stderr = ''): void {
    const before = this.#outputs.get(task) ?? { stdout: '', stderr: '' };
    this.#outputs.set(task, { stdout: before.stdout + stdout, stderr: before.stderr + stderr });
  }

  /** @param ending null: it leaves no result */
  end(task: string, ending: TaskEnding | null, lastLines: string[] = []): void {
    const { request } = this.tasks.get(task)!;
    const result = ending && { v: 1 as const, task, ending, lastLines };
    this.#set({ task, state: 'ended', isBegun: true, result, detail: 'its agent has ended' }, request);
  }

  /** Nothing of it has begun, for this reason if there is one; or nothing ever did. */
  keepFromBeginning(task: string, problem: TaskProblem | undefined, state: 'running' | 'ended' = 'running'): void {
    const { request } = this.tasks.get(task)!;
    const seen = { task, isBegun: false, ...(problem === undefined ? {} : { problem }) };
    this.#set(state === 'running' ? { ...seen, state } : { ...seen, state, result: null, detail: 'gone' }, request);
  }

  /** It ends without a result, for a reason that is known. */
  endFor(task: string, problem: TaskProblem, ending: TaskEnding | null = null): void {
    const { request } = this.tasks.get(task)!;
    const result = ending && { v: 1 as const, task, ending, lastLines: [] };
    this.#set({ task, state: 'ended', isBegun: true, result, detail: 'gone', problem }, request);
  }

  #set(seen: ObservedTask, request: TaskRequest): void {
    this.tasks.set(seen.task, { ...seen, request });
    for (const listener of this.#listeners) listener(seen.task);
  }
}

/** The same machine as one control plane reaches it: `before` is awaited before each effect. */
export function reachedTasks(tasks: TaskProvider, before: () => Promise<void>): TaskProvider {
  return {
    get asksForTokens() {
      return tasks.asksForTokens;
    },
    list: () => tasks.list(),
    unseen: () => tasks.unseen(),
    observe: (task) => tasks.observe(task),
    start: async (request) => {
      await before();
      return tasks.start(request);
    },
    stop: async (task, graceSeconds) => {
      await before();
      return tasks.stop(task, graceSeconds);
    },
    output: (task, from) => tasks.output(task, from),
    settled: async (task) => {
      await before();
      return tasks.settled(task);
    },
    remove: async (task) => {
      await before();
      return tasks.remove(task);
    },
    onChange: (listener) => tasks.onChange(listener),
    close: async () => undefined,
  };
}

function observed({ request: _, ...seen }: ObservedTask & { readonly request: TaskRequest }): ObservedTask {
  return seen;
}

function nameOf(program: TaskDocument['program'] | undefined): string {
  if (program === undefined) return 'build';
  return program.kind === 'hook' ? program.hook : program.command.join(' ');
}
