/**
 * A small plant for closed-loop tests: instances that take time to start, a balancer that reports every second, and the very
 * decider of production in virtual time. Requests are a fluid; with a seed, arrivals of each second are Poisson distributed.
 */
import type { DemandInterval } from '../../forecasting/demand-delta.ts';
import { ClusterWindows } from '../../forecasting/windows.ts';
import { decide } from '../decide.ts';
import type { Decision, DecisionInput } from '../decision.ts';
import { EMPTY_MEMORY, remember, type DecisionMemory } from '../memory.ts';
import { Learnt } from '../learnt.ts';
import { observe } from '../observe.ts';
import { effectivePolicy, type EffectivePolicy } from '../policy-defaults.ts';

export interface PlantOptions {
  readonly seconds: number;
  /** Requests per second at a time. */
  readonly rate: (second: number) => number;
  readonly serviceSeconds?: number;
  readonly concurrency?: number;
  readonly startSeconds?: number;
  readonly initial?: number;
  /** Per cent of load average per request per second on an instance; 0: the gauge is not reported. */
  readonly loadPerRequest?: number;
  readonly idleLoad?: number;
  /** Memory per instance: idle per cent, and per cent of all work that divides. */
  readonly memory?: { readonly idle: number; readonly work: number };
  readonly policy?: EffectivePolicy;
  /** Poisson arrivals by this seed. */
  readonly seed?: number;
  readonly queueLimit?: number;
}

export interface PlantSecond {
  readonly second: number;
  readonly wanted: number;
  readonly active: number;
  readonly demand: number;
  readonly queued: number;
  /** What was decided on. */
  readonly input: DecisionInput;
  readonly decision: Decision;
  /** Base of each factor that it was decided with. */
  readonly bases: readonly number[];
}

const EPOCH = 1_700_000_000_000;

export function runPlant(options: PlantOptions): PlantSecond[] {
  const serviceSeconds = options.serviceSeconds ?? 0.1;
  const concurrency = options.concurrency ?? 8;
  const startSeconds = options.startSeconds ?? 3;
  const policy = options.policy ?? effectivePolicy(undefined, { category: 'framework', concurrency }, 'process');
  const random = options.seed === undefined ? undefined : mulberry32(options.seed);
  const windows = new ClusterWindows();
  const starting: { id: string; readyAt: number }[] = [];
  const active: string[] = [];
  const log: PlantSecond[] = [];
  let memory: DecisionMemory = EMPTY_MEMORY;
  const learnt = new Learnt();
  let wanted = options.initial ?? 1;
  let next = 0;
  let queued = 0;
  let previousRate = options.rate(0);
  for (; next < wanted; next += 1) activate(`i${next}`, 0);

  function activate(id: string, second: number): void {
    active.push(id);
    windows.setInstanceState(id, 'active', EPOCH + second * 1000);
  }

  for (let second = 0; second < options.seconds; second += 1) {
    while (starting.length > 0 && starting[0]!.readyAt <= second) activate(starting.shift()!.id, second);
    const end = EPOCH + (second + 1) * 1000;
    const mean = options.rate(second);
    // The in-flight mean of a second with Poisson arrivals: variance λ·E[S²] within it, for exponential service times.
    const rate = random === undefined ? mean : poisson(mean, random);
    const served = Math.min((active.length * concurrency) / serviceSeconds, rate + queued);
    const backlog = Math.max(0, rate + queued - served);
    const shed = Math.max(0, backlog - (options.queueLimit ?? 1000));
    const inFlight = served * serviceSeconds;
    const interval: DemandInterval = {
      from: end - 1000,
      to: end,
      inFlight: inFlight + (queued + backlog - shed) / 2,
      queued: (queued + backlog - shed) / 2,
      arrivalsPerSecond: rate,
      completionsPerSecond: served,
      errorsPerSecond: shed,
      endedPerSecond: served + shed,
      throttled: 0,
      affinityBroken: 0,
      ejections: 0,
      saturated: backlog > 0 || queued > 0,
      completions: served,
      serviceSeconds: inFlight,
      queuedNow: backlog - shed,
    };
    queued = backlog - shed;
    const now = end + 50;
    windows.observeDemand('lb', interval, now);
    for (const id of active) report(id, end - 500, served / Math.max(1, active.length), now);
    const input = observe(
      windows,
      policy,
      {
        now,
        key: 'acme/shop/php',
        wanted,
        instances: { active: active.length, starting: starting.length, failedStarting: 0, unreachable: 0 },
        override: null,
        paused: false,
        frozen: null,
        silenced: false,
        shadow: false,
        quota: 100,
        room: 100,
        startSeconds: [startSeconds, startSeconds],
        declaredStartSeconds: startSeconds,
        reportIntervalSeconds: 1,
      },
      memory,
      learnt,
    );
    const decision = decide(input);
    learnt.learn(windows, input, decision, true);
    memory = remember(memory, input, decision);
    log.push({
      second,
      wanted,
      active: active.length,
      demand: previousRate * serviceSeconds,
      queued,
      input,
      decision,
      bases: input.factors.map(({ base }) => base),
    });
    previousRate = mean;
    act(decision.acted, second + 1);
  }
  return log;

  function report(id: string, at: number, served: number, now: number): void {
    if (options.loadPerRequest !== undefined)
      windows.observeGauge(id, 'loadAverage', at, (options.idleLoad ?? 0) + served * options.loadPerRequest, now);
    if (options.memory !== undefined)
      windows.observeGauge(id, 'memory', at, options.memory.idle + options.memory.work / active.length, now);
  }

  function act(to: number, second: number): void {
    for (; wanted < to; wanted += 1, next += 1) starting.push({ id: `i${next}`, readyAt: second + startSeconds });
    for (; wanted > to; wanted -= 1) {
      if (starting.pop() !== undefined) continue;
      windows.remove(active.pop()!, EPOCH + second * 1000);
    }
  }
}

/** Times at which growth was followed by shrinking, or the reverse. */
export function reversals(log: readonly PlantSecond[]): number {
  const actions = log.map(({ decision }) => decision.outcome).filter((outcome) => outcome !== 'hold');
  return actions.filter((outcome, index) => index > 0 && outcome !== actions[index - 1]).length;
}

export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A Poisson number, by Knuth's product for small means and the normal approximation above. */
function poisson(mean: number, random: () => number): number {
  if (mean > 200) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
