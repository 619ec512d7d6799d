/**
 * The embedded provider: each instance is an agent of its own session on this machine, with a directory, a token and ports.
 *
 * Nothing is remembered that the machine can be asked: instances live on when the control plane ends, however it ends, and
 * are found again by their directories and the kernel. An agent that dies takes its application with it.
 */
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import { ProviderError } from '../../app/errors.ts';
import { Serial } from '../../app/fleet/serial.ts';
import { reachable } from '../../app/hosts.ts';
import type { InstanceNeeds, InstanceRequest, ObservedInstance, Provider } from '../../app/ports/provider.ts';
import { checkReach } from '../users/access.ts';
import { findAgent, killProcesses, processesOf, signalProcess } from './belonging.ts';
import { declaredMemoryBytes, roomFor } from './declared-memory.ts';
import type { InstanceFolder } from './folder.ts';
import { InstanceFolders } from './folder.ts';
import { isRunning, lowestOpenPort, readBootId } from './kernel.ts';
import type { ProcessIdentity } from './kernel.ts';
import { KeyedSerial } from '../keyed-serial.ts';
import { goneDetail, leadersOf, marksOf, observed, runningAgent, stateOf, wasStarted } from './observe.ts';
import { machineMemoryBytes } from './options.ts';
import type { ProcessProviderOptions } from './options.ts';
import { checkAddress, choosePorts, PortCursor } from './ports.ts';
import { DEFAULT_SEARCH_PATH, spawnAgent } from './spawn.ts';
import { tailOfLogs } from './tail.ts';
import { VolumeFolders } from './volumes.ts';
import { Watch } from './watch.ts';

interface Stopping {
  deadline: number;
  readonly done: Promise<void>;
}

/** Process groups of this machine, and what is declared for those that run. */
export interface ProcessInstances extends Provider {
  /** Memory that all that runs here, or is being started, may use by its declaration. */
  declaredMemoryBytes(): Promise<number>;
}

const STOP_POLL_MILLISECONDS = 20;

/**
 * Opens the provider on a data folder and adopts what runs there. Throws `ProviderError` AGENT_MISSING, ADDRESS_UNKNOWN,
 * DATA_FOLDER_NOT_WRITABLE or DISK_FULL, and TENANT_USERS_NOT_USABLE where the users of tenants do not reach the programs.
 */
export async function createProcessProvider(options: ProcessProviderOptions): Promise<ProcessInstances> {
  try {
    await access(options.agentProgram, constants.R_OK);
  } catch (error) {
    throw new ProviderError(
      'AGENT_MISSING',
      `the agent program ${options.agentProgram} cannot be read; build it with "npm run build" or install the package again`,
      { cause: error },
    );
  }
  await checkAddress(options.publicListenHost ?? options.listenHost);
  if (options.users)
    await checkReach(options.users.range.from, options.nodeProgram, [
      join(resolve(options.dataDirectory), 'instances'),
      options.agentProgram,
      ...(options.cartridgesDirectory === undefined ? [] : [options.cartridgesDirectory]),
    ]);
  const folders = new InstanceFolders(join(resolve(options.dataDirectory), 'instances'));
  await folders.open();
  const volumes = new VolumeFolders(join(resolve(options.dataDirectory), 'volumes'));
  await volumes.open();
  const provider = new ProcessProvider(options, folders, volumes);
  await provider.handOutAuthority();
  await provider.list();
  return provider;
}

class ProcessProvider implements ProcessInstances {
  readonly name = 'process';
  readonly isolatesTenants: boolean;
  readonly #options: ProcessProviderOptions;
  readonly #folders: InstanceFolders;
  readonly #volumes: VolumeFolders;
  readonly #bootId = readBootId();
  readonly #watch: Watch;
  readonly #cursor: PortCursor;
  /** Allocating ports and making the directory that claims them is one step at a time. */
  readonly #allocation = new Serial();
  readonly #serials = new KeyedSerial();
  readonly #creating = new Map<string, { readonly memoryBytes: number; readonly done: Promise<ObservedInstance> }>();
  readonly #stopping = new Map<string, Stopping>();
  readonly #listeners = new Set<(instance: string) => void>();
  #closed = false;

  constructor(options: ProcessProviderOptions, folders: InstanceFolders, volumes: VolumeFolders) {
    this.#options = options;
    this.#volumes = volumes;
    this.isolatesTenants = options.users !== undefined;
    this.#folders = folders;
    this.#cursor = new PortCursor(options.portRange, (options.random ?? Math.random)());
    this.#watch = new Watch({
      reported: (instance) => this.#tell(instance),
      ended: (instance) => {
        // Its application must not outlive it: whoever is told may at once start a replacement on the same files or port.
        this.#serials
          .run(instance, () => this.#killLeft(instance))
          .catch((error: unknown) => this.#problem(error))
          .finally(() => this.#tell(instance));
      },
    });
  }

  async list(): Promise<ObservedInstance[]> {
    const instances = await this.#folders.list();
    const found = await Promise.all(instances.map((instance) => this.#observe(instance)));
    return found.filter((item) => item !== undefined);
  }

  create(request: InstanceRequest): Promise<ObservedInstance> {
    const { instance, cartridge } = request.document;
    const begun = this.#creating.get(instance);
    if (begun !== undefined) return begun.done;
    const { memoryBytes } = cartridge.spec.resources;
    const done = this.#serials
      .run(instance, () => this.#create(request))
      .finally(() => this.#creating.delete(instance));
    this.#creating.set(instance, { memoryBytes, done });
    return done;
  }

  /** Instances that run get the authorities of now; their agents read them at the next connection. */
  async handOutAuthority(): Promise<void> {
    for (const instance of await this.#folders.list()) {
      const folder = await this.#folders.read(instance);
      if (folder?.document.brokerCaFile === undefined) continue;
      await this.#folders
        .replaceAuthority(folder, this.#options.brokerAuthority)
        .catch((error: unknown) => this.#problem(error));
    }
  }

  replaceToken(instance: string, token: string): Promise<void> {
    return this.#serials.run(instance, async () => {
      const folder = await this.#folders.read(instance);
      if (folder === undefined)
        throw new ProviderError(
          'INSTANCE_MISSING',
          `instance ${instance} has no directory that its token could be put in`,
        );
      this.#options.mayAct?.();
      await this.#folders.replaceToken(folder, token);
    });
  }

  stop(instance: string, graceSeconds: number): Promise<void> {
    const deadline = performance.now() + graceSeconds * 1000;
    const begun = this.#stopping.get(instance);
    if (begun !== undefined) {
      begun.deadline = Math.min(begun.deadline, deadline);
      return begun.done;
    }
    const stopping: Stopping = {
      deadline,
      done: Promise.resolve()
        .then(() => this.#stop(instance, stopping))
        .finally(() => this.#stopping.delete(instance)),
    };
    this.#stopping.set(instance, stopping);
    return stopping.done;
  }

  async remove(instance: string): Promise<void> {
    const stopping = this.#stopping.get(instance);
    if (stopping !== undefined) {
      stopping.deadline = 0;
      await stopping.done;
    }
    await this.#serials.run(instance, async () => {
      await this.#killLeft(instance);
      await this.#folders.remove(instance);
      this.#options.memoryGroups?.remove(instance);
      this.#watch.forget(instance);
    });
    this.#tell(instance);
  }

  async room({ memoryBytes }: InstanceNeeds): Promise<number> {
    const total = this.#options.totalMemoryBytes ?? machineMemoryBytes();
    const { memoryShare, declaredBeside = async () => 0 } = this.#options;
    const [own, beside] = await Promise.all([this.declaredMemoryBytes(), declaredBeside()]);
    return roomFor(memoryBytes, memoryShare * total, own + beside);
  }

  async declaredMemoryBytes(): Promise<number> {
    const creating = new Map([...this.#creating].map(([instance, { memoryBytes }]) => [instance, memoryBytes]));
    return declaredMemoryBytes(await this.#folderStates(), creating);
  }

  async tail(instance: string, lines: number): Promise<string[]> {
    const folder = await this.#folders.read(instance);
    return tailOfLogs(this.#folders.paths(instance).logs, lines, folder?.document.user);
  }

  async removeCluster(cluster: string): Promise<void> {
    this.#options.mayAct?.();
    await this.#volumes.removeCluster(cluster);
  }

  onChange(listener: (instance: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Stops watching, and ends what is left of those whose agent has died; the instances live on. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await Promise.allSettled([...this.#creating.values()].map(({ done }) => done));
    this.#watch.close();
    await this.#serials.idle();
  }

  #tell(instance: string): void {
    for (const listener of this.#listeners) {
      try {
        listener(instance);
      } catch (error) {
        this.#problem(error);
      }
    }
  }

  #problem(error: unknown): void {
    this.#options.onProblem?.(error instanceof Error ? error : new Error(String(error)));
  }

  async #folderStates(): Promise<{ folder: InstanceFolder; state: ObservedInstance['state'] }[]> {
    const folders = await Promise.all((await this.#folders.list()).map((instance) => this.#folders.read(instance)));
    return folders
      .filter((folder) => folder !== undefined)
      .map((folder) => ({ folder, state: this.#stateNow(folder, runningAgent(folder, this.#bootId)) }));
  }

  /** An instance that is being created is starting, however little of it is there. */
  #stateNow(folder: InstanceFolder, agent: ProcessIdentity | undefined): ObservedInstance['state'] {
    const state = stateOf(folder, agent);
    const begun = this.#creating.has(folder.document.instance) && !wasStarted(folder);
    return state === 'gone' && begun ? 'starting' : state;
  }

  async #observe(instance: string): Promise<ObservedInstance | undefined> {
    const folder = await this.#folders.read(instance);
    if (folder === undefined) return undefined;
    const agent = runningAgent(folder, this.#bootId);
    const state = this.#stateNow(folder, agent);
    if (agent !== undefined) this.#follow(folder, agent, stateOf(folder, agent));
    if (state !== 'gone') {
      const report = this.#report(folder, state, undefined);
      if (agent === undefined) return report;
      return { ...report, objects: [{ kind: 'Process', name: String(agent.pid) }, ...(report.objects ?? [])] };
    }
    // Read again in turn: it may have been created or removed meanwhile, or what it left running is just being killed.
    return this.#serials.run(instance, async () => {
      const now = await this.#folders.read(instance);
      return now === undefined ? undefined : this.#settle(now);
    });
  }

  /**
   * The report on an instance in whose turn this runs. An agent that was started and not noted is adopted; where none runs,
   * what one left running is killed before anybody hears that the instance is gone.
   */
  async #settle(folder: InstanceFolder): Promise<ObservedInstance> {
    const { instance } = folder.document;
    const agent = wasStarted(folder) ? runningAgent(folder, this.#bootId) : this.#adoptUnnoted(folder);
    const state = stateOf(folder, agent);
    if (agent !== undefined) this.#follow(folder, agent, state);
    if (state !== 'gone') return this.#report(folder, state, undefined);
    if (this.#watch.get(instance)?.phase !== 'gone') {
      await killProcesses(marksOf(folder), leadersOf(folder, this.#bootId));
      this.#watch.noteGone(instance);
    }
    const known = this.#watch.get(instance);
    const detail = known === undefined || 'agent' in known ? undefined : known.detail;
    return this.#report(folder, state, detail ?? goneDetail(folder, this.#bootId));
  }

  #report(folder: InstanceFolder, state: ObservedInstance['state'], detail: string | undefined): ObservedInstance {
    const { listenHost, cartridge, user } = folder.document;
    const today = this.#listenHost(cartridge.spec);
    const report = observed(folder, state, detail);
    if (listenHost !== today) return { ...report, outdated: `it listens on ${listenHost} instead of ${today}` };
    if (user !== undefined || !this.isolatesTenants) return report;
    return { ...report, outdated: 'it runs as the user of the control plane instead of one of its tenant' };
  }

  #listenHost({ category }: InstanceDocument['cartridge']['spec']): string {
    const { listenHost, publicListenHost = listenHost } = this.#options;
    return category === 'load-balancer' ? publicListenHost : listenHost;
  }

  #follow(folder: InstanceFolder, agent: ProcessIdentity, phase: ObservedInstance['state']): void {
    const { instance } = folder.document;
    if (phase === 'gone') return;
    if (this.#closed || this.#watch.follows(instance, agent)) return;
    this.#watch.follow(instance, agent, phase, folder.paths.agent);
  }

  /** Looks for an agent that was started but not noted, and notes it. */
  #adoptUnnoted(folder: InstanceFolder): ProcessIdentity | undefined {
    const agent = findAgent(marksOf(folder));
    if (agent === undefined) return undefined;
    this.#folders.noteSpawned(folder.document.instance, { v: 1, bootId: this.#bootId, agent });
    return agent;
  }

  async #create(request: InstanceRequest): Promise<ObservedInstance> {
    const { instance, cluster } = request.document;
    let folder = await this.#folders.read(instance);
    if (folder === undefined) {
      await this.#allocation.run(() => this.#allocate(request));
      folder = await this.#folders.read(instance);
    }
    if (folder === undefined) {
      throw new ProviderError(
        'INSTANCE_CONFLICT',
        `the directory of instance ${instance} holds no readable instance.json; remove the instance first`,
      );
    }
    if (folder.document.cluster !== cluster) {
      throw new ProviderError(
        'INSTANCE_CONFLICT',
        `instance ${instance} exists and belongs to service cluster ${folder.document.cluster}, not to ${cluster}; take a new id`,
      );
    }
    if (!wasStarted(folder) && findAgent(marksOf(folder)) === undefined) {
      await this.#start(folder);
      return this.#report(folder, 'starting', undefined);
    }
    return this.#settle(folder);
  }

  async #start(folder: InstanceFolder): Promise<void> {
    const { instance, user } = folder.document;
    await killProcesses(marksOf(folder), []);
    const { nodeProgram, agentProgram, searchPath = DEFAULT_SEARCH_PATH } = this.#options;
    const { child, identity } = await spawnAgent(instance, folder.paths, {
      nodeProgram,
      agentProgram: resolve(agentProgram),
      searchPath,
      user,
      mayAct: this.#options.mayAct,
    });
    this.#watch.followChild(instance, identity, child, folder.paths.agent);
    this.#folders.noteSpawned(instance, { v: 1, bootId: this.#bootId, agent: identity });
    this.#confine(folder, identity.pid);
    this.#tell(instance);
  }

  /** Puts the agent into the instance's control group; one that cannot be made leaves the memory to the agent. */
  #confine({ document }: InstanceFolder, pid: number): void {
    const { memoryGroups } = this.#options;
    if (memoryGroups === undefined || document.memoryGroup === undefined) return;
    try {
      memoryGroups.make(document.instance, document.cartridge.spec.resources.memoryBytes, document.user);
      memoryGroups.enter(document.instance, pid);
    } catch (error) {
      this.#problem(error);
    }
  }

  async #allocate(request: InstanceRequest): Promise<void> {
    const listenHost = this.#listenHost(request.document.cartridge.spec);
    const user = await this.#options.users?.of(request.document.tenant);
    const { memoryGroups } = this.#options;
    const lowestPort = user === undefined ? 1 : lowestOpenPort();
    const claims = new Map<number, { instance: string; alive: boolean }>();
    const states = await this.#folderStates();
    for (const { folder, state } of states) {
      for (const { port } of folder.document.ports) {
        if (claims.get(port)?.alive === true) continue;
        claims.set(port, { instance: folder.document.instance, alive: state !== 'gone' });
      }
    }
    const complete: InstanceDocument = {
      ...request.document,
      provider: 'process',
      ...(user === undefined ? {} : { user }),
      ...(memoryGroups === undefined ? {} : { memoryGroup: memoryGroups.applicationOf(request.document.instance) }),
      tokenFile: this.#folders.paths(request.document.instance).token,
      brokerCaFile: this.#folders.paths(request.document.instance).brokerAuthority,
      advertisedHost: reachable(listenHost),
      listenHost,
      ports: await choosePorts(request, listenHost, claims, this.#cursor, lowestPort),
      ...(await this.#volumesFor(request, states, user)),
    };
    await this.#folders.create(complete, request.token, this.#options.brokerAuthority);
  }

  /** The lowest ordinal that no instance of the service cluster has, and its volumes. A one-off task has none. */
  async #volumesFor(
    { document: { cluster, cartridge, task } }: InstanceRequest,
    states: readonly { readonly folder: InstanceFolder; readonly state: ObservedInstance['state'] }[],
    user: number | undefined,
  ): Promise<Pick<InstanceDocument, 'ordinal' | 'volumes'>> {
    const { volumes } = cartridge.spec;
    if (volumes === undefined || task !== undefined) return {};
    const others = states.filter(({ folder }) => folder.document.cluster === cluster);
    // One that was never started still may be.
    const holds = ({ folder, state }: (typeof states)[number]): boolean => state !== 'gone' || !wasStarted(folder);
    const taken = new Set(others.filter(holds).map(({ folder }) => folder.document.ordinal));
    let ordinal = 0;
    while (taken.has(ordinal)) ordinal += 1;
    // Its agent has ended; what it left running must not write beside the next one.
    for (const { folder } of others.filter((one) => !holds(one) && one.folder.document.ordinal === ordinal))
      await killProcesses(marksOf(folder), leadersOf(folder, this.#bootId));
    return { ordinal, volumes: await this.#volumes.make(cluster, ordinal, volumes, user) };
  }

  async #stop(instance: string, stopping: Stopping): Promise<void> {
    const { agent, seen } = await this.#serials.run(instance, async () => this.#askToStop(instance));
    while (agent !== undefined && performance.now() < stopping.deadline && isRunning(agent)) {
      if (this.#closed) {
        throw new ProviderError(
          'PROVIDER_CLOSED',
          `instance ${instance} was asked to stop; whether it did was not awaited`,
        );
      }
      await delay(STOP_POLL_MILLISECONDS);
    }
    await this.#serials.run(instance, () => this.#killLeft(instance, seen));
    this.#tell(instance);
  }

  /** Signals the agent. What belongs to the instance is noted before, while its leaders can still be asked. */
  async #askToStop(instance: string): Promise<{ agent: ProcessIdentity | undefined; seen: ProcessIdentity[] }> {
    const folder = await this.#folders.read(instance);
    if (folder === undefined) return { agent: undefined, seen: [] };
    const agent = runningAgent(folder, this.#bootId) ?? findAgent(marksOf(folder));
    const seen = processesOf(marksOf(folder), leadersOf(folder, this.#bootId));
    this.#options.mayAct?.();
    // Not SIGTERM, which is an eviction to an agent that was not told to drain: it would serve on until it is killed.
    const asked = agent !== undefined && signalProcess(agent, 'SIGINT');
    return { agent: asked ? agent : undefined, seen };
  }

  /** Kills every process that belongs to the instance and notes that it is gone. */
  async #killLeft(instance: string, seen: readonly ProcessIdentity[] = []): Promise<void> {
    const folder = await this.#folders.read(instance);
    const leaders = folder === undefined ? [] : leadersOf(folder, this.#bootId);
    await killProcesses(folder === undefined ? { instance } : marksOf(folder), leaders, seen);
    if (folder !== undefined) this.#watch.noteGone(instance);
  }
}
