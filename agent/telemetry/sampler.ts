/** Takes one sample a second, on the monotonic clock, for as long as it is open. */
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import { COUNTER } from '../../schema/mqtt/stats.ts';
import { CgroupReader, type CgroupReading } from './cgroup-reader.ts';
import { MemoryLimit, type MemoryExcess } from './memory-limit.ts';
import { pageSizeBytes, ProcessReader } from './process-reader.ts';
import type { ProcessTree } from './process-tree.ts';
import { SampleMaker, type Sample, type Usage } from './sample.ts';
import { memoryPages, UsageAccounts } from './usage.ts';

const PERIOD_MILLISECONDS = 1000;

export interface SamplerOptions {
  readonly provider: InstanceDocument['provider'];
  readonly resources: InstanceDocument['cartridge']['spec']['resources'];
  /** The application's processes; `undefined` while there are none. */
  readonly processes: () => ProcessTree | undefined;
  readonly onSample: (sample: Sample) => void;
  /** The application that uses more than its declared memory; not asked where a container's limit holds. */
  readonly onExcess: (tree: ProcessTree, excess: MemoryExcess) => void;
  readonly onError: (error: Error) => void;
}

export class Sampler {
  readonly #options: SamplerOptions;
  readonly #maker: SampleMaker;
  readonly #reader = new ProcessReader();
  readonly #accounts = new UsageAccounts();
  readonly #cgroup: CgroupReader | undefined;
  readonly #limit: MemoryLimit;
  readonly #pageBytes = pageSizeBytes();
  #timer: NodeJS.Timeout | undefined;
  #lastAt: number | undefined;
  #cgroupBase: { readonly cpu: number; readonly throttled: number } | undefined;
  #usage: Usage | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#maker = new SampleMaker(options.resources.cpuCores);
    this.#limit = new MemoryLimit(options.resources.memoryBytes);
    // A process instance shares its cgroup with whoever started it; a container's is its own.
    this.#cgroup = options.provider === 'kubernetes' ? CgroupReader.ofThisProcess() : undefined;
  }

  start(): void {
    this.#schedule(performance.now() + PERIOD_MILLISECONDS);
  }

  #schedule(due: number): void {
    this.#timer = setTimeout(
      () => {
        this.#take(performance.now());
        // A late second (suspended machine, busy loop) is not made up for: its sample says the mean over the time it took.
        this.#schedule(Math.max(due + PERIOD_MILLISECONDS, performance.now()));
      },
      Math.max(0, due - performance.now()),
    );
  }

  #take(at: number): void {
    try {
      this.#usage = this.#read(at);
      this.#options.onSample(this.#maker.make(this.#usage, at));
    } catch (error) {
      this.#options.onError(error as Error);
    }
  }

  #read(at: number): Usage {
    const elapsed = this.#lastAt === undefined ? PERIOD_MILLISECONDS : at - this.#lastAt;
    this.#lastAt = at;
    const tree = this.#options.processes();
    const readings = tree ? this.#reader.read(tree) : [];
    const totals = this.#accounts.add(readings, elapsed / 1000);
    const group = this.#cgroup?.read();
    if (group) return this.#ofCgroup(group, totals.runnableSeconds);
    const memoryBytes = memoryPages(readings) * this.#pageBytes;
    if (this.#options.provider === 'process') this.#judge(tree, memoryBytes);
    return {
      ...totals,
      memoryBytes,
      memoryLimitBytes: this.#options.resources.memoryBytes,
      gauges: {},
      counters: {},
    };
  }

  #judge(tree: ProcessTree | undefined, memoryBytes: number): void {
    const excess = this.#limit.judge(tree, memoryBytes);
    if (tree && excess) this.#options.onExcess(tree, excess);
  }

  /** Counters of a cgroup count from its making; the session's begin at 0 with the first reading. */
  #ofCgroup(reading: CgroupReading, runnableSeconds: number): Usage {
    const throttled = reading.throttledSeconds ?? 0;
    this.#cgroupBase ??= { cpu: reading.cpuSeconds, throttled };
    const counted = this.#usage;
    return {
      runnableSeconds,
      cpuSeconds: Math.max(counted?.cpuSeconds ?? 0, reading.cpuSeconds - this.#cgroupBase.cpu),
      memoryBytes: reading.workingSetBytes,
      memoryLimitBytes: reading.limitBytes ?? this.#options.resources.memoryBytes,
      gauges: { cpuPressure: reading.cpuPressure ?? 0, memoryPressure: reading.memoryPressure ?? 0 },
      counters: { [COUNTER.cpuThrottledSeconds]: Math.max(0, throttled - this.#cgroupBase.throttled) },
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#reader.close();
    this.#cgroup?.close();
  }
}
