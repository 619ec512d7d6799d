/** One host cluster as a place for instances: its provider, opened until that succeeds, and what was last seen of it. */
import type { Logger } from 'pino';
import { fullJitter, pause } from '../back-off.ts';
import { ProviderError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostClusterProvider, HostClusterProviders } from '../ports/host-cluster-provider.ts';
import type { InstanceNeeds, KeptRelease, ObservedInstance, PlacementRequest } from '../ports/provider.ts';
import type { Vault } from '../ports/vault.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import { within } from '../within.ts';
import { openCredential } from './runner.ts';

const BACK_OFF = { baseMilliseconds: 1_000, capMilliseconds: 15_000 };
const LEAST_PAUSE_MILLISECONDS = 500;
/** Those who ask about all host clusters wait no longer for one. */
const ANSWER_MILLISECONDS = 3_000;

export interface MemberOptions {
  readonly providers: HostClusterProviders;
  readonly vault: Pick<Vault, 'open'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  /** Something of its instances changed; an empty id: all may have. */
  readonly onChange: (instance: string) => void;
  /** What is kept with the instances of each service cluster. */
  readonly kept: ReadonlyMap<string, KeptRelease | null>;
  /** One of its tasks began to run, or ended; an empty id: all may have. */
  readonly onTaskChange: (task: string) => void;
}

/** What stays when the credential of a host cluster is replaced. */
export interface LastSeen {
  readonly instances: readonly ObservedInstance[];
  /** By what was asked for. */
  readonly room: ReadonlyMap<string, number>;
}

export class Member {
  record: HostClusterRecord;
  readonly #options: MemberOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #provider: HostClusterProvider | undefined;
  /** `undefined`: it has never been listed. */
  #instances: readonly ObservedInstance[] | undefined;
  readonly #room: Map<string, number>;

  /** Opens from now on. `last`: what was seen of it before. */
  constructor(options: MemberOptions, record: HostClusterRecord, last?: LastSeen) {
    this.#options = options;
    this.record = record;
    this.#instances = last?.instances;
    this.#room = new Map(last?.room);
    this.#running = this.#open();
  }

  /** Undefined while it has not answered. */
  get provider(): HostClusterProvider | undefined {
    return this.#provider;
  }

  get lastSeen(): LastSeen | undefined {
    return this.#instances && { instances: this.#instances, room: this.#room };
  }

  /** Resolves when it is open, or closed. */
  get opened(): Promise<void> {
    return this.#running;
  }

  /** Throws `ProviderError` HOST_CLUSTER_UNREACHABLE. */
  required(what: string): HostClusterProvider {
    if (this.#provider !== undefined) return this.#provider;
    throw new ProviderError(
      'HOST_CLUSTER_UNREACHABLE',
      `${what} is in the host cluster ${this.record.name}, which does not answer; it is tried again`,
    );
  }

  /** What is there, or what was last seen of it: that it cannot be asked says nothing of its instances. `undefined`: never seen. */
  async list(): Promise<readonly ObservedInstance[] | undefined> {
    this.#instances = (await this.#ask((provider) => provider.list())) ?? this.#instances;
    return this.#instances;
  }

  /** Instances that need so much and fit in, as was last heard; 0 before. */
  async room(needs: InstanceNeeds, placement?: PlacementRequest): Promise<number> {
    const key = JSON.stringify([needs.cpuCores, needs.memoryBytes, placement?.nodeSelector]);
    const found = await this.#ask((provider) => provider.room(needs, placement));
    if (found !== undefined) this.#room.set(key, found);
    return this.#room.get(key) ?? 0;
  }

  async has(instance: string): Promise<boolean> {
    return (await this.list())?.some((one) => one.instance === instance) ?? false;
  }

  /** Idempotent. What is under way there ends as it may. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#provider?.close();
    this.#provider = undefined;
  }

  async #ask<T>(question: (provider: HostClusterProvider) => Promise<T>): Promise<T | undefined> {
    const provider = this.#provider;
    if (provider === undefined) return undefined;
    try {
      return await within(this.#options.clock, ANSWER_MILLISECONDS, question(provider));
    } catch {
      // Whether it answers is told by its runner.
      return undefined;
    }
  }

  async #open(): Promise<void> {
    const { providers, vault, clock, random, logger, onChange, onTaskChange, kept } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const provider = await providers.open(this.record, openCredential(vault, this.record), signal);
        provider.onChange(onChange);
        provider.tasks.onChange(onTaskChange);
        this.#provider = provider;
        for (const [cluster, release] of kept) provider.keepRelease(cluster, release);
        await this.list();
        logger.info({ hostCluster: this.record.name }, 'instances of a host cluster are followed');
        onChange('');
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 0)
          logger.warn(
            { hostCluster: this.record.name, error: (error as Error).message },
            'a host cluster does not answer: what runs there goes on, and nothing of it is started or stopped until it does',
          );
        const wait = LEAST_PAUSE_MILLISECONDS + fullJitter(failures, random(), BACK_OFF);
        await pause(clock, wait, signal).catch(() => undefined);
      }
    }
  }
}
