/** A machine in memory: instances that exist until somebody stops them, whatever becomes of the control plane. */
import type {
  InstanceNeeds,
  InstanceRequest,
  ObservedInstance,
  PlacementRequest,
  Provider,
} from '../ports/provider.ts';

export interface Machine extends ObservedInstance {
  readonly request: InstanceRequest;
  readonly state: ObservedInstance['state'];
}

export class InMemoryProvider implements Provider {
  readonly name = 'process';
  isolatesTenants = true;
  readonly instances = new Map<string, Machine>();
  /** What was asked for, in order: `create ID`, `stop ID`, `remove ID`. */
  readonly calls: string[] = [];
  /** Service clusters that nothing was to come for, as was said last. */
  readonly settled = new Set<string>();
  /** Thrown by the next calls of that name, one each. */
  readonly failures: {
    readonly call: 'create' | 'replaceToken' | 'stop' | 'remove' | 'list';
    readonly error: Error;
  }[] = [];
  /** Instances that still fit in. */
  free = 100;
  /** By host cluster, where it is another number. */
  readonly freeAt = new Map<string, number>();
  /** Bytes of memory that are free, by host cluster, where that counts. */
  readonly bytesFreeAt = new Map<string, number>();
  /** Host clusters that cannot be looked at. */
  readonly away = new Set<string>();
  readonly #listeners = new Set<(instance: string) => void>();
  #port = 20_000;

  async list(): Promise<ObservedInstance[]> {
    this.#fail('list');
    return [...this.instances.values()].filter((one) => !this.isAway(one)).map(observed);
  }

  async create(request: InstanceRequest): Promise<ObservedInstance> {
    const { document, fixedPorts, placement } = request;
    const { tenant, application, alias, instance, cluster } = document;
    this.calls.push(`create ${instance}`);
    this.#fail('create');
    const present = this.instances.get(instance);
    if (present !== undefined) {
      const { image, volumes } = document.cartridge.spec;
      if (volumes !== undefined && image !== undefined && present.image !== image) this.#renew(cluster, image);
      return observed(this.instances.get(instance)!);
    }
    const ports = document.cartridge.spec.ports.map(({ name, protocol }) => ({
      name,
      protocol,
      port: fixedPorts[name] ?? (this.#port += 1),
    }));
    const machine: Machine = {
      instance,
      cluster,
      tenant,
      application,
      alias,
      state: 'running',
      host: '127.0.0.1',
      ports,
      ...(placement === undefined ? {} : { placement }),
      ...(document.cartridge.spec.image === undefined ? {} : { image: document.cartridge.spec.image }),
      request,
    };
    this.instances.set(instance, machine);
    return observed(machine);
  }

  async replaceToken(instance: string, token: string): Promise<void> {
    this.calls.push(`replaceToken ${instance}`);
    this.#fail('replaceToken');
    const machine = this.instances.get(instance);
    if (machine === undefined) throw new Error(`there is no ${instance}`);
    this.instances.set(instance, { ...machine, request: { ...machine.request, token } });
  }

  async stop(instance: string): Promise<void> {
    this.calls.push(`stop ${instance}`);
    this.#fail('stop');
    this.end(instance, 'it was stopped');
  }

  async remove(instance: string): Promise<void> {
    this.calls.push(`remove ${instance}`);
    this.#fail('remove');
    this.instances.delete(instance);
    this.#tell(instance);
  }

  settle(cluster: string): void {
    this.settled.add(cluster);
  }

  async room({ memoryBytes }: InstanceNeeds, place?: PlacementRequest): Promise<number> {
    const bytes = this.bytesFreeAt.get(place?.hostCluster ?? '');
    if (bytes !== undefined) return Math.floor(bytes / memoryBytes);
    return this.freeAt.get(place?.hostCluster ?? '') ?? this.free;
  }

  async tail(): Promise<string[]> {
    return [];
  }

  onChange(listener: (instance: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  /** Its processes end by themselves. */
  end(instance: string, detail: string): void {
    const machine = this.instances.get(instance);
    if (machine === undefined) return;
    this.instances.set(instance, { ...machine, state: 'gone', detail });
    this.#tell(instance);
  }

  unseen(): readonly string[] {
    return [...this.away];
  }

  /** Neither the provider nor a broker hears of it. */
  isAway({ placement }: Machine): boolean {
    return placement !== undefined && this.away.has(placement.hostCluster);
  }

  /** The machine says other things of it from now on. */
  see(instance: string, seen: Partial<ObservedInstance>): void {
    this.instances.set(instance, { ...this.instances.get(instance)!, ...seen });
    this.#tell(instance);
  }

  /** At once, where a host cluster takes its time, one instance after another. */
  #renew(cluster: string, image: string): void {
    for (const one of this.instances.values()) if (one.cluster === cluster) this.see(one.instance, { image });
  }

  #tell(instance: string): void {
    for (const listener of this.#listeners) listener(instance);
  }

  #fail(call: 'create' | 'replaceToken' | 'stop' | 'remove' | 'list'): void {
    const index = this.failures.findIndex((failure) => failure.call === call);
    if (index >= 0) throw this.failures.splice(index, 1)[0]!.error;
  }
}

/** The same machine as one control plane reaches it: `before` is awaited before each effect. */
export function reached(provider: Provider, before: () => Promise<void>): Provider {
  return {
    name: provider.name,
    get isolatesTenants() {
      return provider.isolatesTenants;
    },
    list: () => provider.list(),
    create: async (request) => {
      await before();
      return provider.create(request);
    },
    replaceToken: async (instance, token) => {
      await before();
      return provider.replaceToken(instance, token);
    },
    stop: async (instance, graceSeconds) => {
      await before();
      return provider.stop(instance, graceSeconds);
    },
    remove: async (instance) => {
      await before();
      return provider.remove(instance);
    },
    room: (needs, place) => provider.room(needs, place),
    settle: (cluster) => provider.settle?.(cluster),
    unseen: () => provider.unseen?.() ?? [],
    tail: (instance, lines) => provider.tail(instance, lines),
    onChange: (listener) => provider.onChange(listener),
    close: async () => undefined,
  };
}

function observed({ request: _, ...seen }: Machine): ObservedInstance {
  return { ...seen };
}
