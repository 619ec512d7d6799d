/** The decider of production, unchanged, in virtual time: its windows, its forecast, its clamps. */
import type { AgentsSecond } from '../agents.ts';
import { decide } from '../../../domain/autoscaling/decide.ts';
import type { Decision, DecisionInput } from '../../../domain/autoscaling/decision.ts';
import { EMPTY_MEMORY, remember, type DecisionMemory } from '../../../domain/autoscaling/memory.ts';
import { Learnt } from '../../../domain/autoscaling/learnt.ts';
import { observe } from '../../../domain/autoscaling/observe.ts';
import type { EffectivePolicy } from '../../../domain/autoscaling/policy-defaults.ts';
import type { DemandInterval } from '../../../domain/forecasting/demand-delta.ts';
import { ClusterWindows } from '../../../domain/forecasting/windows.ts';
import { without, type Part } from './ablation.ts';
import type { ReplicaCounts, Sample, Scaler, Situation } from './scaler.ts';

export interface CartwrightOptions {
  readonly policy: EffectivePolicy;
  readonly initial: number;
  /** That the cartridge declares, until starts have been measured. */
  readonly declaredStartSeconds: number;
  /** That the cartridge declares as its warm-up: for so long after it is ready, the load of an instance is not demand. */
  readonly declaredWarmUpSeconds?: number;
  /** Left out of what decisions are computed from. */
  readonly without?: Part | null;
  /** Told of every decision. */
  readonly onDecision?: (decision: Decision, input: DecisionInput) => void;
}

/** Any time that is not 0: at 0 a clock is broken. In milliseconds. */
const EPOCH = 1_700_000_000_000;
const MEASURED_STARTS = 20;
const ALONE: Situation = { agents: undefined, quota: Number.MAX_SAFE_INTEGER };

export class Cartwright implements Scaler {
  readonly name = 'cartwright';
  readonly #options: CartwrightOptions;
  readonly #windows = new ClusterWindows();
  #startSeconds: number[] = [];
  #memory: DecisionMemory = EMPTY_MEMORY;
  readonly #learnt = new Learnt();
  #wanted: number;

  constructor(options: CartwrightOptions) {
    this.#options = options;
    this.#wanted = options.initial;
  }

  decide(second: number, samples: readonly Sample[], replicas: ReplicaCounts, situation: Situation = ALONE): number {
    const { agents, quota } = situation;
    const now = EPOCH + second * 1000;
    if (agents !== undefined) this.#follow(agents, now);
    for (const sample of samples) this.#observe(sample, now);
    if (replicas.started.length > 0)
      this.#startSeconds = [...this.#startSeconds, ...replicas.started].slice(-MEASURED_STARTS);
    const { policy, declaredStartSeconds, without: part = null } = this.#options;
    const seen = observe(
      this.#windows,
      policy,
      {
        now,
        key: 'lab/trace/web',
        wanted: this.#wanted,
        instances: {
          active: replicas.ready,
          starting: replicas.starting - replicas.failedStarting,
          failedStarting: replicas.failedStarting,
          unreachable: agents?.unreachable ?? 0,
        },
        override: null,
        paused: false,
        frozen: null,
        silenced: agents?.silenced ?? false,
        shadow: false,
        quota,
        room: Number.MAX_SAFE_INTEGER,
        startSeconds: this.#startSeconds,
        declaredStartSeconds,
        reportIntervalSeconds: 1,
      },
      this.#memory,
      this.#learnt,
    );
    const input = part === null ? seen : without(part, seen);
    const decision = decide(input);
    this.#learnt.learn(this.#windows, input, decision, true);
    this.#memory = remember(this.#memory, input, decision);
    this.#wanted = decision.acted;
    this.#options.onDecision?.(decision, input);
    return this.#wanted;
  }

  #follow({ joined, left }: AgentsSecond, now: number): void {
    const warmUp = (this.#options.declaredWarmUpSeconds ?? 0) * 1000;
    for (const instance of joined) this.#windows.setInstanceState(instance, 'active', now - 1000, now - 1000 + warmUp);
    for (const instance of left) this.#windows.remove(instance, now);
  }

  #observe(sample: Sample, now: number): void {
    this.#windows.observeDemand('lb', intervalOf(sample), now);
    const at = EPOCH + (sample.end - 0.5) * 1000;
    for (const { instance, loadPercent } of sample.gauges)
      this.#windows.observeGauge(instance, 'loadAverage', at, loadPercent, now);
  }
}

function intervalOf(sample: Sample): DemandInterval {
  const { end, completions, failed } = sample;
  return {
    from: EPOCH + (end - 1) * 1000,
    to: EPOCH + end * 1000,
    inFlight: sample.inFlight,
    queued: sample.waiting,
    arrivalsPerSecond: sample.arrivals,
    completionsPerSecond: completions,
    errorsPerSecond: failed,
    endedPerSecond: completions + failed,
    throttled: 0,
    affinityBroken: 0,
    ejections: 0,
    saturated: sample.saturated,
    completions,
    serviceSeconds: sample.serviceSeconds,
    queuedNow: sample.queued,
  };
}
