/**
 * The provider over all host clusters: each instance is in one of them. What one that cannot be asked last showed stays as it was seen,
 * and one that hangs delays no other.
 */
import { ProviderError } from '../errors.ts';
import type { HostClusterProvider } from '../ports/host-cluster-provider.ts';
import type {
  InstanceNeeds,
  InstanceRequest,
  KeptRelease,
  ObservedInstance,
  PlacementRequest,
  Provider,
} from '../ports/provider.ts';
import type { Repositories } from '../ports/store.ts';
import { TimedLook } from '../timed-look.ts';
import { within } from '../within.ts';
import { assumedInstances } from './assumed.ts';
import { chooseMember } from './choose-member.ts';
import { Member, type MemberOptions } from './member.ts';
import type { HostClusterStatus } from './status.ts';
import { TaskFleet, type TaskFiles } from './task-fleet.ts';

/** Host clusters that were registered, changed and removed are noticed by then. */
const LOOK_EVERY_MILLISECONDS = 1_000;
/** For host clusters to answer, as the control plane starts: what runs in one that has not by then is taken from the records. */
const START_MILLISECONDS = 5_000;

export interface HostClusterFleetOptions extends Omit<MemberOptions, 'onChange' | 'onTaskChange' | 'kept'> {
  readonly store: Pick<Repositories, 'hostClusters' | 'instances'>;
  /** What is known of a host cluster, by its uid. */
  readonly statusOf: (uid: string) => HostClusterStatus;
  /** What tasks in host clusters print, and their results. */
  readonly taskFiles: TaskFiles;
  /** The same of builds. */
  readonly buildFiles: TaskFiles;
}

export class HostClusterFleet implements Provider {
  readonly name = 'kubernetes';
  /** Each tenant has a namespace of its own. */
  readonly isolatesTenants = true;
  readonly #options: HostClusterFleetOptions;
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Set<(instance: string) => void>();
  /** One-off tasks over the same host clusters. */
  readonly tasks: TaskFleet;
  readonly builds: TaskFleet;
  readonly #looks: TimedLook;
  /** By service cluster; told to each host cluster that answers. */
  readonly #kept = new Map<string, KeptRelease | null>();
  readonly #leaving = new Set<Promise<void>>();
  /** Recorded, and not seen since the start: in a host cluster that has not answered yet, or nowhere. */
  #assumed: readonly ObservedInstance[] = [];

  constructor(options: HostClusterFleetOptions) {
    this.#options = options;
    const over = { ...options, members: () => [...this.#members.values()] };
    this.tasks = new TaskFleet({ ...over, jobsOf: ({ tasks }) => tasks });
    this.builds = new TaskFleet({ ...over, taskFiles: options.buildFiles, jobsOf: ({ builds }) => builds });
    this.#looks = new TimedLook({
      everyMilliseconds: LOOK_EVERY_MILLISECONDS,
      look: () => this.#look(),
      onFailure: (error) =>
        options.logger.warn({ error }, 'the host clusters could not be read; they are read again in a moment'),
      clock: options.clock,
    });
  }

  /** Resolves when every host cluster that answers soon is known. Rejects when the store cannot be read. */
  async open(): Promise<void> {
    const { store, clock, logger } = this.#options;
    await this.#look();
    this.#looks.start();
    const answers = [...this.#members.values()].map(({ opened }) => opened);
    await within(clock, START_MILLISECONDS, Promise.all(answers));
    this.#assumed = await assumedInstances(store, await this.list());
    if (this.#members.size === 0)
      logger.warn(
        'no host cluster is registered, so no instance can be started: register one with "cartwright cluster add NAME"',
      );
  }

  async list(): Promise<ObservedInstance[]> {
    const lists = await Promise.all([...this.#members.values()].map((member) => member.list()));
    const seen = lists.flatMap((list) => list ?? []);
    if (lists.every((list) => list !== undefined)) this.#assumed = [];
    const known = new Set(seen.map(({ instance }) => instance));
    return [...seen, ...this.#assumed.filter(({ instance }) => !known.has(instance))];
  }

  async create(request: InstanceRequest): Promise<ObservedInstance> {
    const { instance } = request.document;
    const holder = await this.#holderOf(instance);
    const member =
      holder ?? (await chooseMember([...this.#members.values()], request, (uid) => this.#options.statusOf(uid)));
    return member.required(`instance ${instance}`).create(request);
  }

  async replaceToken(instance: string, token: string): Promise<void> {
    const holder = await this.#holderOf(instance);
    if (holder === undefined)
      throw new ProviderError('INSTANCE_MISSING', `instance ${instance} is in no host cluster that is registered`);
    await holder.required(`instance ${instance}`).replaceToken(instance, token);
  }

  async stop(instance: string, graceSeconds: number): Promise<void> {
    await (await this.#holderOf(instance))?.required(`instance ${instance}`).stop(instance, graceSeconds);
  }

  async remove(instance: string): Promise<void> {
    await (await this.#holderOf(instance))?.required(`instance ${instance}`).remove(instance);
  }

  async room(needs: InstanceNeeds, placement?: PlacementRequest): Promise<number> {
    const asked = [...this.#members.values()].filter(
      (member) => this.#isUsable(member) && (placement === undefined || member.record.name === placement.hostCluster),
    );
    const rooms = await Promise.all(asked.map((member) => member.room(needs, placement)));
    return rooms.reduce((sum, room) => sum + room, 0);
  }

  unseen(): readonly string[] {
    return [...this.#members.values()].flatMap(({ lastSeen, record }) => (lastSeen === undefined ? [record.name] : []));
  }

  isSeen(hostCluster: string): boolean {
    return [...this.#members.values()].some(
      ({ record, lastSeen }) => record.name === hostCluster && lastSeen !== undefined,
    );
  }

  async tail(instance: string, lines: number): Promise<string[]> {
    return (await (await this.#holderOf(instance))?.provider?.tail(instance, lines)) ?? [];
  }

  keepRelease(cluster: string, release: KeptRelease | null): void {
    this.#kept.set(cluster, release);
    for (const { provider } of this.#open()) provider.keepRelease(cluster, release);
  }

  settle(cluster: string): void {
    for (const { provider } of this.#open()) provider.settle(cluster);
  }

  /** In one that does not answer it is found when it does. */
  async removeCluster(cluster: string): Promise<void> {
    this.#kept.delete(cluster);
    await Promise.all(this.#open().map(({ provider }) => provider.removeCluster(cluster)));
  }

  /** The first that has one, in the order of their names; of one that does not answer only where no other has. */
  async addressOf(cluster: string): Promise<string | undefined> {
    const isAway = ({ uid }: { readonly uid: string }): boolean => this.#options.statusOf(uid).kind === 'unreachable';
    const open = this.#open();
    const asked = [...open.filter((one) => !isAway(one)), ...open.filter(isAway)];
    const addresses = await Promise.all(asked.map(({ provider }) => provider.addressOf(cluster)));
    return addresses.find((address) => address !== undefined);
  }

  /** The instance that a pod of a host cluster (by its uid) is; `undefined` where it is none, or none yet. */
  instanceOfPod(hostCluster: string, podUid: string): string | undefined {
    return this.#members.get(hostCluster)?.provider?.instanceOf(podUid);
  }

  /** The task that a pod of a host cluster (by its uid) runs. */
  taskOfPod(hostCluster: string, podUid: string): string | undefined {
    return this.tasks.taskOfPod(hostCluster, podUid);
  }

  /** The build that a pod of a host cluster (by its uid) runs. */
  buildOfPod(hostCluster: string, podUid: string): string | undefined {
    return this.builds.taskOfPod(hostCluster, podUid);
  }

  onChange(listener: (instance: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#looks.close();
    this.#listeners.clear();
    await Promise.all([...this.#members.values()].map((member) => member.close()));
    this.#members.clear();
    await Promise.all(this.#leaving);
  }

  /** Those that have answered, in the order of their names. */
  #open(): { readonly provider: HostClusterProvider; readonly uid: string }[] {
    return [...this.#members.values()]
      .sort(({ record: a }, { record: b }) => (a.name < b.name ? -1 : 1))
      .flatMap(({ provider, record: { uid } }) => (provider === undefined ? [] : [{ provider, uid }]));
  }

  #isUsable({ provider, record }: Member): boolean {
    const { kind } = this.#options.statusOf(record.uid);
    return provider !== undefined && record.drainingSince === null && kind !== 'unreachable';
  }

  /** Throws `ProviderError` HOST_CLUSTER_UNREACHABLE where it may be in one that has not answered yet. */
  async #holderOf(instance: string): Promise<Member | undefined> {
    for (const member of this.#members.values()) if (await member.has(instance)) return member;
    if (!this.#assumed.some((one) => one.instance === instance)) return undefined;
    const away = [...this.#members.values()].filter(({ lastSeen }) => lastSeen === undefined);
    if (away.length === 0) return undefined;
    throw new ProviderError(
      'HOST_CLUSTER_UNREACHABLE',
      `where instance ${instance} is cannot be told until these host clusters answer: ${away.map(({ record }) => record.name).join(', ')}`,
    );
  }

  async #look(): Promise<void> {
    const stored = new Map((await this.#options.store.hostClusters.find({})).map((record) => [record.uid, record]));
    for (const [uid, member] of this.#members) {
      if (stored.get(uid)?.version === member.record.version) continue;
      this.#members.delete(uid);
      const record = stored.get(uid);
      if (record !== undefined) this.#members.set(uid, this.#member(record, member));
      // Not waited for: one that hangs takes its time.
      const left = member.close().finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
    for (const record of stored.values()) {
      const present = this.#members.get(record.uid);
      if (present === undefined) this.#members.set(record.uid, this.#member(record));
      else present.record = record;
    }
  }

  #member(record: Member['record'], former?: Member): Member {
    const onChange = (instance: string): void => {
      for (const listener of this.#listeners) listener(instance);
    };
    const onTaskChange = (task: string): void => this.tasks.changed(task);
    return new Member({ ...this.#options, onChange, onTaskChange, kept: this.#kept }, record, former?.lastSeen);
  }
}
