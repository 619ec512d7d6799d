/** The machine that instances run on: it outlives every control plane, and what each of them reaches it by is a provider of its own. */
import type { InstanceRequest, ObservedInstance, Provider } from '../app/ports/provider.ts';
import { between, type Random } from './random.ts';
import type { Program, VirtualTime } from './time.ts';

/** What runs on the machine. */
export interface Running {
  readonly request: InstanceRequest;
  readonly startedAt: number;
  state: 'running' | 'gone';
  detail: string | undefined;
  /** A control plane has asked for its end. */
  isLeaving: boolean;
  /** Ends the agent's program: at once, or asked to. */
  readonly end: (detail: string) => void;
  readonly askToEnd: (graceMilliseconds: number, ended: () => void) => void;
}

export interface MachineOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly room: number;
  /** Starts the agent of an instance. */
  readonly boot: (request: InstanceRequest, ports: ObservedInstance['ports']) => Pick<Running, 'end' | 'askToEnd'>;
  /** Told of each effect, with the number of the control plane whose it is. */
  readonly onEffect: (holder: number, effect: 'create' | 'stop' | 'remove', instance: string) => void;
}

export class Machine {
  readonly running = new Map<string, Running>();
  readonly #options: MachineOptions;
  readonly #listeners = new Set<(instance: string) => void>();
  #port = 20_000;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  /** An instance's processes are gone, whatever ended them. */
  gone(instance: string, detail: string): void {
    const found = this.running.get(instance);
    if (found === undefined || found.state === 'gone') return;
    found.state = 'gone';
    found.detail = detail;
    for (const listener of this.#listeners) listener(instance);
  }

  /** As one control plane reaches it. `before` is awaited before each effect, `holder` is its fencing number. */
  reachedBy(program: Program, holder: number, before: (what: string) => Promise<void>): Provider {
    const { random, onEffect, room } = this.#options;
    const answer = (): Promise<void> => program.wait(between(random, 1, 40));
    const listeners: ((instance: string) => void)[] = [];
    return {
      name: 'process',
      isolatesTenants: true,
      list: async () => {
        const seen = [...this.running].map(([instance, running]) => this.#observed(instance, running));
        await answer();
        return seen;
      },
      create: async (request) => {
        await before('provider.create');
        const { instance } = request.document;
        onEffect(holder, 'create', instance);
        const running = this.running.get(instance) ?? this.#start(request);
        const seen = this.#observed(instance, running);
        await answer();
        return seen;
      },
      replaceToken: async () => {
        await before('provider.replaceToken');
        await answer();
      },
      stop: async (instance, graceSeconds) => {
        await before('provider.stop');
        onEffect(holder, 'stop', instance);
        const running = this.running.get(instance);
        if (running?.state === 'running') {
          running.isLeaving = true;
          await new Promise<void>((resolve) => running.askToEnd(graceSeconds * 1000, () => program.after(0, resolve)));
          this.gone(instance, 'it was stopped');
        }
        await answer();
      },
      remove: async (instance) => {
        await before('provider.remove');
        onEffect(holder, 'remove', instance);
        this.running.get(instance)?.end('it was removed');
        this.running.delete(instance);
        await answer();
      },
      room: async () => Math.max(0, room - this.running.size),
      tail: async () => [],
      onChange: (listener) => {
        const told = (instance: string): void => void program.after(between(random, 5, 300), () => listener(instance));
        listeners.push(told);
        this.#listeners.add(told);
        return () => this.#listeners.delete(told);
      },
      close: async () => {
        for (const told of listeners) this.#listeners.delete(told);
      },
    };
  }

  #start(request: InstanceRequest): Running {
    const { instance, cartridge } = request.document;
    const ports = cartridge.spec.ports.map(({ name, protocol }) => ({
      name,
      protocol,
      port: request.fixedPorts[name] ?? (this.#port += 1),
    }));
    const running: Running = {
      request,
      startedAt: this.#options.time.now,
      state: 'running',
      detail: undefined,
      isLeaving: false,
      ...this.#options.boot(request, ports),
    };
    this.#ports.set(instance, ports);
    this.running.set(instance, running);
    return running;
  }

  readonly #ports = new Map<string, ObservedInstance['ports']>();

  #observed(instance: string, { request, state, detail }: Running): ObservedInstance {
    const { cluster, tenant, application, alias } = request.document;
    return {
      ...{ instance, cluster, tenant, application, alias, state },
      ...{ host: '127.0.0.1', ports: this.#ports.get(instance)! },
      ...(detail === undefined ? {} : { detail }),
    };
  }
}
