/** The elasticity lab: traces against scalers, each pair a run of its own, at everybody's defaults and at equal cost. */
import { nominalTarget, scalerOf, type Contest, type ScalerName } from './contestants.ts';
import { atEqualCost, type Priced } from './equal-cost.ts';
import { requiredOf, run, runTogether, sharedOut, type Conditions, type LabSecond, type RunResult } from './run.ts';
import type { Scores } from './scores.ts';
import { oracleReplicaHours } from './scalers/oracle.ts';
import { factorToPeak, longestStart } from './workload.ts';
import { highestRate, scaled, secondsOf, smoothed, type Trace, type TracePart } from './trace.ts';
import type { EffectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';

export type Table = 'defaults' | 'equal-cost';

/** One line of scores.json. */
export interface Outcome extends Scores, RunKey {
  readonly seed: number;
  /** Requests in flight that a replica was to carry; null: not by such a target. */
  readonly target: number | null;
  readonly oracleReplicaHours: number;
  /** At equal cost: no target came within 1 % of it, and this is the nearest. */
  readonly isNearestOnly: boolean;
}

export interface LabOptions {
  readonly traces: readonly Trace[];
  /** Which part of longer ones `traces` are; undefined: they are whole. */
  readonly part: TracePart | undefined;
  readonly scalers: readonly ScalerName[];
  readonly policy: EffectivePolicy;
  readonly conditions: Conditions;
  /** Each rate holds for its whole step; otherwise the load goes from one step to the next ({@link smoothed}). */
  readonly isStepped: boolean;
  /** Rates are rescaled so that the highest one requires so many replicas; undefined: they are left as they are. */
  readonly peak: number | undefined;
  readonly withEqualCost: boolean;
  /** All traces at once, with so many replicas among them; undefined: each alone. Not with equal cost. */
  readonly quota: number | undefined;
}

/** Which run it is. */
export interface RunKey {
  readonly trace: string;
  readonly scaler: ScalerName;
  readonly table: Table;
}

/** Where the seconds of a run go; one for each run, closed at its end. */
export interface Recorder {
  begin(run: RunKey, seconds: number): RunRecorder;
}

export interface RunRecorder {
  second(second: LabSecond): void;
  end(result: RunResult): void;
}

/** Between which targets equal cost is looked for, as multiples of the policy's own. */
const TARGET_RANGE = [1 / 16, 8] as const;

/** Every outcome as soon as it is there, trace by trace; `undefined` after a run that only searches for equal cost. No file is open in between. @param recorder null: only the scores count */
export function* runLab(options: LabOptions, recorder: Recorder | null): Generator<Outcome | undefined, void> {
  if (options.quota !== undefined) yield* sharing(options, options.quota, recorder);
  else for (const trace of options.traces) yield* new Round(options, trace, recorder).outcomes();
}

/** One scaler after another, each for all service clusters at once. */
function* sharing(options: LabOptions, quota: number, recorder: Recorder | null): Generator<Outcome> {
  const { traces, scalers, conditions, policy } = options;
  const equal = sharedOut(
    traces.map(() => quota),
    quota,
  );
  const contests = traces.map((trace, index) => contestOf(options, trace, equal[index]!));
  const own = nominalTarget(policy);
  for (const scaler of scalers) {
    const recordings = contests.map(({ trace }) =>
      recorder?.begin({ trace: trace.name, scaler, table: 'defaults' }, secondsOf(trace)),
    );
    const members = contests.map((contest, index) => ({
      load: contest,
      scaler: scalerOf(scaler, contest, null),
      onSecond: (second: LabSecond) => recordings[index]?.second(second),
    }));
    const results = runTogether(members, conditions, quota);
    for (const [index, result] of results.entries()) recordings[index]?.end(result);
    for (const [index, result] of results.entries())
      yield outcomeOf(contests[index]!, conditions, {
        ...{ scaler, table: 'defaults', result, target: targetOf(scaler, own), isNearestOnly: false },
      });
  }
}

function contestOf({ policy, conditions, peak, isStepped }: LabOptions, given: Trace, share: number | null): Contest {
  const { service, start, scenario } = conditions;
  const load = isStepped ? given : smoothed(given);
  const trace = peak === undefined ? load : scaled(load, factorToPeak(highestRate(load), peak, service));
  return { trace, required: requiredOf(trace, service), service, start, scenario, policy, share };
}

interface Ended {
  readonly scaler: ScalerName;
  readonly table: Table;
  readonly result: RunResult;
  readonly target: number | null;
  readonly isNearestOnly: boolean;
}

function outcomeOf({ trace, required }: Contest, { seed, start }: Conditions, ended: Ended): Outcome {
  const { scaler, table, result, target, isNearestOnly } = ended;
  return {
    ...{ trace: trace.name, scaler, table, seed, target },
    ...result.scores,
    ...{ oracleReplicaHours: oracleReplicaHours(required, longestStart(start)), isNearestOnly },
  };
}

class Round {
  readonly #options: LabOptions;
  readonly #contest: Contest;
  readonly #recorder: Recorder | null;

  constructor(options: LabOptions, given: Trace, recorder: Recorder | null) {
    this.#options = options;
    this.#contest = contestOf(options, given, null);
    this.#recorder = recorder;
  }

  *outcomes(): Generator<Outcome | undefined> {
    const { scalers, withEqualCost } = this.#options;
    const own = nominalTarget(this.#contest.policy);
    const defaults = new Map<ScalerName, RunResult>();
    for (const name of scalers) {
      const result = this.#record(name, null, 'defaults');
      defaults.set(name, result);
      yield this.#outcome(name, 'defaults', result, targetOf(name, own), false);
    }
    if (!withEqualCost) return;
    const { replicaHours } = (defaults.get('cartwright') ?? this.#run('cartwright', null)).scores;
    for (const name of scalers) {
      if (name === 'oracle') continue;
      const price = (target: number): Priced<RunResult> => {
        const result = this.#run(name, { target });
        return { target, replicaHours: result.scores.replicaHours, result };
      };
      const first = name === 'fixed' ? price(own) : { ...priceOf(defaults.get(name)!), target: own };
      const range = [own * TARGET_RANGE[0], own * TARGET_RANGE[1]] as const;
      const { target, result, isEqual } = yield* atEqualCost(replicaHours, range, first, price);
      const recorded = this.#recorder === null ? result : this.#record(name, { target }, 'equal-cost');
      yield this.#outcome(name, 'equal-cost', recorded, target, !isEqual);
    }
  }

  #run(
    name: ScalerName,
    adjustment: { readonly target: number } | null,
    onSecond?: (second: LabSecond) => void,
  ): RunResult {
    const scaler = scalerOf(name, this.#contest, adjustment);
    return run(this.#contest, scaler, this.#options.conditions, onSecond);
  }

  #record(name: ScalerName, adjustment: { readonly target: number } | null, table: Table): RunResult {
    const { trace } = this.#contest;
    const recording = this.#recorder?.begin({ trace: trace.name, scaler: name, table }, secondsOf(trace));
    const result = this.#run(name, adjustment, (second) => recording?.second(second));
    recording?.end(result);
    return result;
  }

  #outcome(
    scaler: ScalerName,
    table: Table,
    result: RunResult,
    target: number | null,
    isNearestOnly: boolean,
  ): Outcome {
    return outcomeOf(this.#contest, this.#options.conditions, { scaler, table, result, target, isNearestOnly });
  }
}

function priceOf(result: RunResult): Omit<Priced<RunResult>, 'target'> {
  return { replicaHours: result.scores.replicaHours, result };
}

function targetOf(name: ScalerName, own: number): number | null {
  return name === 'fixed' || name === 'oracle' ? null : own;
}
