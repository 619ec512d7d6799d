/**
 * Virtual time: tasks in order of their time, then of their making. Between two tasks every promise that can settle does, so what a task
 * sets off is over before the time moves, unless it waits for time itself.
 */
import type { Clock, Timer } from '../app/ports/clock.ts';

interface Entry {
  readonly at: number;
  readonly order: number;
  task: (() => void) | null;
}

export class VirtualTime {
  /** Milliseconds since the run began. */
  now = 0;
  readonly #heap: Entry[] = [];
  #made = 0;

  at(at: number, task: () => void): Timer {
    const entry: Entry = { at: Math.max(at, this.now), order: (this.#made += 1), task };
    push(this.#heap, entry);
    return {
      cancel: () => {
        entry.task = null;
      },
    };
  }

  after(milliseconds: number, task: () => void): Timer {
    return this.at(this.now + Math.max(0, milliseconds), task);
  }

  every(milliseconds: number, task: () => void): void {
    this.after(milliseconds, () => {
      task();
      this.every(milliseconds, task);
    });
  }

  /** Runs every task up to `until`; `settled` is called after each, when nothing is left to settle. */
  async run(until: number, settled: () => void): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      pop(this.#heap);
      if (next.task === null) continue;
      this.now = next.at;
      next.task();
      await settling();
      settled();
    }
    this.now = until;
  }
}

/** A turn of the real event loop: every microtask is over by then, and nothing in a simulation waits for more. */
function settling(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A program in the simulated world: it can be killed, and stopped for a while; what falls due meanwhile comes when it goes on. */
export class Program {
  readonly #time: VirtualTime;
  #state: 'running' | 'stopped' | 'killed' = 'running';
  #held: (() => void)[] = [];
  /** What its clock shows beyond the true time, in milliseconds. */
  skew = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  get isKilled(): boolean {
    return this.#state === 'killed';
  }

  kill(): void {
    this.#state = 'killed';
    this.#held = [];
  }

  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped';
  }

  goOn(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    const held = this.#held;
    this.#held = [];
    for (const task of held) this.#time.after(0, () => this.run(task));
  }

  run(task: () => void): void {
    if (this.#state === 'running') task();
    else if (this.#state === 'stopped') this.#held.push(task);
  }

  after(milliseconds: number, task: () => void): Timer {
    let isCancelled = false;
    const timer = this.#time.after(milliseconds, () =>
      this.run(() => {
        if (!isCancelled) task();
      }),
    );
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** `epoch`: what a right clock shows at the beginning of the run, in milliseconds since the epoch. */
  clock(epoch: number): Clock {
    return {
      now: () => epoch + Math.floor(this.#time.now) + this.skew,
      monotonic: () => this.#time.now,
      setTimeout: (task, milliseconds) => this.after(milliseconds, task),
      setInterval: (task, milliseconds) => {
        let timer: Timer;
        const next = (): void => {
          timer = this.after(milliseconds, () => {
            next();
            task();
          });
        };
        next();
        return { cancel: () => timer.cancel() };
      },
    };
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(entry, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
}
