/** One-off tasks, or builds, over all host clusters: each is in one of them, and what it printed lies with the control plane. */
import { ProviderError } from '../errors.ts';
import type { JobRequest, ObservedTask, TaskOutput, TaskOutputPlace, TaskProvider } from '../ports/tasks.ts';
import type { HostClusterProvider, HostClusterTasks } from '../ports/host-cluster-provider.ts';
import { chooseMember } from './choose-member.ts';
import type { Member } from './member.ts';
import type { HostClusterStatus } from './status.ts';

/** What tasks in host clusters print, and their results, as their agents have brought them. */
export interface TaskFiles {
  /** Tasks of which there is anything. */
  list(): Promise<string[]>;
  /** At most 64 KiB of each stream. */
  output(task: string, from: TaskOutputPlace): Promise<TaskOutput>;
  remove(task: string): Promise<void>;
}

export interface TaskFleetOptions {
  readonly members: () => readonly Member[];
  readonly statusOf: (uid: string) => HostClusterStatus;
  readonly taskFiles: TaskFiles;
  readonly jobsOf: (provider: HostClusterProvider) => HostClusterTasks;
}

export class TaskFleet implements TaskProvider {
  readonly asksForTokens = true;
  readonly #options: TaskFleetOptions;
  readonly #listeners = new Set<(task: string) => void>();

  constructor(options: TaskFleetOptions) {
    this.#options = options;
  }

  async list(): Promise<ObservedTask[]> {
    const lists = await Promise.all(
      this.#options.members().map(async (member) => (await this.#jobsOf(member)?.list()) ?? []),
    );
    const seen = lists.flat();
    const known = new Set(seen.map(({ task }) => task));
    // What runs in a host cluster that has not answered yet may have printed something, too.
    if (this.unseen().length > 0) return seen;
    const left = (await this.#options.taskFiles.list()).filter((task) => !known.has(task));
    return [...seen, ...left.map(onlyPrinted)];
  }

  unseen(): readonly string[] {
    return this.#options.members().flatMap(({ provider, record }) => (provider === undefined ? [record.name] : []));
  }

  async observe(task: string): Promise<ObservedTask | undefined> {
    return this.#holderOf(task)?.observe(task);
  }

  /** Name of the host cluster that has it, where that does not answer now: what is seen of it is what was seen last. */
  awayIn(task: string): string | undefined {
    const { members, statusOf } = this.#options;
    const holder = members().find((member) => this.#jobsOf(member)?.has(task));
    return holder !== undefined && statusOf(holder.record.uid).kind === 'unreachable' ? holder.record.name : undefined;
  }

  async start(request: JobRequest): Promise<void> {
    const { instance } = request.document;
    const { members, statusOf, jobsOf } = this.#options;
    if (this.#holders(instance).length > 0) return;
    const member = await chooseMember(members(), request, statusOf);
    await jobsOf(member.required(`task ${instance}`)).start(request);
  }

  async stop(task: string, graceSeconds: number): Promise<void> {
    await this.#holderOf(task)?.stop(task, graceSeconds);
  }

  output(task: string, from: TaskOutputPlace): Promise<TaskOutput> {
    return this.#options.taskFiles.output(task, from);
  }

  async settled(task: string): Promise<void> {
    await this.#holderOf(task)?.remove(task);
  }

  async remove(task: string): Promise<void> {
    await this.settled(task);
    await this.#options.taskFiles.remove(task);
  }

  onChange(listener: (task: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** To be called when one of them began or ended; an empty id: all may have. */
  changed(task: string): void {
    for (const listener of this.#listeners) listener(task);
  }

  /** Its host clusters are closed by who opened them. */
  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #jobsOf({ provider }: Member): HostClusterTasks | undefined {
    return provider && this.#options.jobsOf(provider);
  }

  #holders(task: string): HostClusterTasks[] {
    return this.#options
      .members()
      .flatMap((member) => this.#jobsOf(member) ?? [])
      .filter((jobs) => jobs.has(task));
  }

  /** Throws `ProviderError` HOST_CLUSTER_UNREACHABLE where it may be in one that has not answered. */
  #holderOf(task: string): HostClusterTasks | undefined {
    const [holder] = this.#holders(task);
    if (holder !== undefined) return holder;
    const away = this.unseen();
    if (away.length === 0) return undefined;
    throw new ProviderError(
      'HOST_CLUSTER_UNREACHABLE',
      `where task ${task} is cannot be told until these host clusters answer: ${away.join(', ')}`,
    );
  }
}

function onlyPrinted(task: string): ObservedTask {
  return { task, state: 'ended', isBegun: true, result: null, detail: 'it is gone from its host cluster' };
}
