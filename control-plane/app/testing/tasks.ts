/** A machine in memory for one-off tasks: each runs until a test ends it, whatever becomes of the control plane. */
import type { TaskEnding } from '../../../schema/agent/task.ts';
import type { ObservedTask, TaskProvider, TaskRequest } from '../ports/tasks.ts';

export class InMemoryTasks implements TaskProvider {
  readonly tasks = new Map<string, ObservedTask & { readonly request: TaskRequest }>();
  /** Commands that were begun, hooks by their name, in order. */
  readonly begun: string[] = [];
  /** Thrown by the next start. */
  failure: Error | undefined;
  readonly #outputs = new Map<string, { stdout: string; stderr: string }>();
  readonly #listeners = new Set<(task: string) => void>();

  async list(): Promise<ObservedTask[]> {
    return [...this.tasks.values()].map(observed);
  }

  async observe(task: string): Promise<ObservedTask | undefined> {
    const found = this.tasks.get(task);
    return found && observed(found);
  }

  async start(request: TaskRequest): Promise<void> {
    const { instance, task } = request.document;
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    if (this.tasks.has(instance)) return;
    const { program } = task;
    this.begun.push(program.kind === 'hook' ? program.hook : program.command.join(' '));
    this.tasks.set(instance, { task: instance, state: 'running', request });
  }

  async stop(task: string): Promise<void> {
    if (this.tasks.get(task)?.state === 'running') this.end(task, { kind: 'stopped' });
  }

  async output(task: string, from: { stdout: number; stderr: number }) {
    const { stdout = '', stderr = '' } = this.#outputs.get(task) ?? {};
    return { stdout: Buffer.from(stdout).subarray(from.stdout), stderr: Buffer.from(stderr).subarray(from.stderr) };
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
    this.tasks.set(task, { task, state: 'ended', result, detail: 'its agent has ended', request });
    for (const listener of this.#listeners) listener(task);
  }
}

/** The same machine as one control plane reaches it: `before` is awaited before each effect. */
export function reachedTasks(tasks: TaskProvider, before: () => Promise<void>): TaskProvider {
  return {
    list: () => tasks.list(),
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
