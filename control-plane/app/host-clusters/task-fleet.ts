/**
 * One-off tasks, or builds, over all host clusters: each is in one of them, and what it printed lies with the control plane. One that did not
 * answer when it was asked for a Job may have made it all the same, while another has been asked since: that one is never told what to
 * run, and is removed.
 */
import type { Logger } from 'pino';
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
  readonly logger: Pick<Logger, 'warn'>;
}

interface Holder {
  readonly member: Member;
  readonly jobs: HostClusterTasks;
}

export class TaskFleet implements TaskProvider {
  readonly asksForTokens = true;
  readonly #options: TaskFleetOptions;
  readonly #listeners = new Set<(task: string) => void>();
  /** By task, the uid of the host cluster that is to run it; after a restart it is known where there are several. */
  readonly #chosen = new Map<string, string>();

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
    const holders = this.#holdersOf(task);
    const holder = holders.length > 1 ? await this.#oneOf(task, holders) : holders[0];
    return holder?.jobs.observe(task);
  }

  /** The task that a pod of a host cluster (by its uid) runs; none where another host cluster runs it. */
  taskOfPod(hostCluster: string, podUid: string): string | undefined {
    const member = this.#options.members().find(({ record }) => record.uid === hostCluster);
    const task = member && this.#jobsOf(member)?.taskOf(podUid);
    if (task === undefined) return undefined;
    const chosen = this.#chosen.get(task) ?? (this.#holders(task).length > 1 ? undefined : hostCluster);
    return chosen === hostCluster ? task : undefined;
  }

  /** Name of the host cluster that has it, where that does not answer now: what is seen of it is what was seen last. */
  awayIn(task: string): string | undefined {
    const { record } = this.#chosenOf(task, this.#holders(task))?.member ?? {};
    return record !== undefined && this.#options.statusOf(record.uid).kind === 'unreachable' ? record.name : undefined;
  }

  async start(request: JobRequest): Promise<void> {
    const { instance } = request.document;
    const { members, statusOf, jobsOf } = this.#options;
    const present = this.#chosenOf(instance, this.#holders(instance));
    if (present !== undefined) return void this.#chosen.set(instance, present.member.record.uid);
    const member = await chooseMember(members(), request, statusOf);
    const jobs = jobsOf(member.required(`task ${instance}`));
    // Before it is asked: from now on no other is told what to run.
    this.#chosen.set(instance, member.record.uid);
    await jobs.start(request);
  }

  async stop(task: string, graceSeconds: number): Promise<void> {
    await Promise.all(this.#holdersOf(task).map(({ jobs }) => jobs.stop(task, graceSeconds)));
  }

  output(task: string, from: TaskOutputPlace): Promise<TaskOutput> {
    return this.#options.taskFiles.output(task, from);
  }

  async settled(task: string): Promise<void> {
    await Promise.all(this.#holdersOf(task).map(({ jobs }) => jobs.remove(task)));
    this.#chosen.delete(task);
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

  #holders(task: string): Holder[] {
    return this.#options.members().flatMap((member) => {
      const jobs = this.#jobsOf(member);
      return jobs?.has(task) === true ? [{ member, jobs }] : [];
    });
  }

  #chosenOf(task: string, holders: readonly Holder[]): Holder | undefined {
    const chosen = this.#chosen.get(task);
    return holders.find(({ member }) => member.record.uid === chosen) ?? holders[0];
  }

  /** The one that was chosen; else, as after a restart, one where it has begun. What the others have of it goes. */
  async #oneOf(task: string, holders: readonly Holder[]): Promise<Holder> {
    if (!holders.some(({ member }) => member.record.uid === this.#chosen.get(task))) {
      const seen = await Promise.all(holders.map(({ jobs }) => jobs.observe(task)));
      const begun = holders.find((_, index) => seen[index]?.isBegun === true) ?? holders[0]!;
      this.#chosen.set(task, begun.member.record.uid);
    }
    const chosen = this.#chosenOf(task, holders)!;
    for (const { member, jobs } of holders)
      if (member !== chosen.member)
        await jobs
          .remove(task)
          .catch((error: unknown) =>
            this.#options.logger.warn(
              { task, hostCluster: member.record.name, error },
              `a second Job of a task that ${chosen.member.record.name} runs was not removed; it is tried again`,
            ),
          );
    return chosen;
  }

  /** Empty where there is nothing of it. Throws `ProviderError` HOST_CLUSTER_UNREACHABLE where it may be in one that has not answered. */
  #holdersOf(task: string): Holder[] {
    const holders = this.#holders(task);
    if (holders.length > 0) return holders;
    const away = this.unseen();
    if (away.length === 0) return [];
    throw new ProviderError(
      'HOST_CLUSTER_UNREACHABLE',
      `where task ${task} is cannot be told until these host clusters answer: ${away.join(', ')}`,
    );
  }
}

function onlyPrinted(task: string): ObservedTask {
  return { task, state: 'ended', isBegun: true, result: null, detail: 'it is gone from its host cluster' };
}
