/** A data folder of its own with providers on it, for tests; leaves no process and no file behind. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signalIfThere } from '../../../../test/support/signal.ts';
import type { InstanceRequest, Provider } from '../../../app/ports/provider.ts';
import type { ProviderFixture, RequestChanges } from '../../testing/provider-contract.ts';
import { requestFor } from '../../testing/provider-request.ts';
import { INSTANCE_VARIABLE } from '../belonging.ts';
import { argumentsOf, environmentOf, listPids, readStat, runs } from '../kernel.ts';
import type { ProcessProviderOptions } from '../options.ts';
import { createProcessProvider } from '../provider.ts';
import { writeStandIn } from './stand-in-agent.ts';

const GIBIBYTE = 1024 ** 3;
/** Below those that this machine's own connections are given. */
const TEST_PORTS = { from: 25_100, to: 25_199 } as const;

export function makeRequest(instance: string, changes: RequestChanges = {}): InstanceRequest {
  return requestFor(instance, changes, { runtime: 'process', directory: '/usr/share/cartridges/nodejs', cpuCores: 1 });
}

/** Running processes that this test's instance started, by the mark in their environment. */
export function markedPids(instance: string): number[] {
  return listPids().filter(
    (pid) => runs(readStat(pid)) && environmentOf(pid).includes(`${INSTANCE_VARIABLE}=${instance}`),
  );
}

export class ProcessFixture implements ProviderFixture {
  readonly killedDetail = /SIGKILL/;
  readonly capacityBytes = 0.75 * 4 * GIBIBYTE;
  readonly directory: string;
  readonly #opened: Provider[] = [];
  provider!: Provider;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(changes: Partial<ProcessProviderOptions> = {}): Promise<ProcessFixture> {
    const fixture = new ProcessFixture(await mkdtemp(join(tmpdir(), 'process-provider-')));
    fixture.provider = await fixture.openProvider(changes);
    return fixture;
  }

  async options(changes: Partial<ProcessProviderOptions> = {}): Promise<ProcessProviderOptions> {
    return {
      dataDirectory: this.directory,
      agentProgram: changes.agentProgram ?? (await writeStandIn(this.directory, 'agent')),
      nodeProgram: process.execPath,
      portRange: TEST_PORTS,
      listenHost: '127.0.0.1',
      memoryShare: 0.75,
      totalMemoryBytes: 4 * GIBIBYTE,
      ...changes,
    };
  }

  async openProvider(changes: Partial<ProcessProviderOptions> = {}): Promise<Provider> {
    const provider = await createProcessProvider(await this.options(changes));
    this.#opened.push(provider);
    return provider;
  }

  request(instance: string, changes: RequestChanges = {}): InstanceRequest {
    return makeRequest(instance, changes);
  }

  path(instance: string, ...rest: string[]): string {
    return join(this.directory, 'instances', instance, ...rest);
  }

  async reopen(changes: Partial<ProcessProviderOptions> = {}): Promise<Provider> {
    await this.provider.close();
    this.provider = await this.openProvider(changes);
    return this.provider;
  }

  /** Pids of the agents that were started with this instance's document. */
  agentPids(instance: string): number[] {
    const document = this.path(instance, 'instance.json');
    const hasDocument = (pid: number): boolean => argumentsOf(pid).includes(document);
    return listPids().filter((pid) => {
      const stat = readStat(pid);
      // A child of the agent has the agent's arguments until it has become what it was forked for.
      return runs(stat) && hasDocument(pid) && !hasDocument(stat.parent);
    });
  }

  async agents(instance: string): Promise<number> {
    return this.agentPids(instance).length;
  }

  async processes(instance: string): Promise<number> {
    return new Set([...markedPids(instance), ...this.agentPids(instance)]).size;
  }

  /** Where the cartridge says that it is. */
  #note(instance: string): string {
    return this.path(instance, 'volumes', 'data', 'note');
  }

  async write(instance: string, text: string): Promise<void> {
    await writeFile(this.#note(instance), text);
  }

  async read(instance: string): Promise<string> {
    return unlessMissing(readFile(this.#note(instance), 'utf8'), '');
  }

  async volumes(cluster: string): Promise<number> {
    return (await unlessMissing(readdir(join(this.directory, 'volumes', cluster)), [])).length;
  }

  async kill(instance: string): Promise<void> {
    for (const pid of this.agentPids(instance)) signalIfThere(pid, 'SIGKILL');
  }

  async close(): Promise<void> {
    for (const { instance } of await this.provider.list()) await this.provider.remove(instance);
    for (const provider of this.#opened) await provider.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function unlessMissing<T>(found: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
