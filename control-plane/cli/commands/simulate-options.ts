/** The options of `simulate`, from texts to what the lab takes. */
import { SCALERS, WHOLE_SCALERS, type ScalerName } from '../../simulation/elasticity/contestants.ts';
import type { Conditions } from '../../simulation/elasticity/run.ts';
import { PART_NAMES } from '../../simulation/elasticity/scalers/ablation.ts';
import { notOfFluid, type Scenario } from '../../simulation/elasticity/scenario.ts';
import { DEFAULT_SERVICE, DEFAULT_START } from '../../simulation/elasticity/workload.ts';
import { usage } from '../exit.ts';
import type { TracePart } from '../../simulation/elasticity/trace.ts';
import { parseDuration } from '../durations.ts';
import { parseWhole } from '../numbers.ts';

/** As commander gives them: each a text. */
export interface SimulateOptions {
  readonly trace?: readonly string[];
  readonly scoresOf?: string;
  readonly part?: string;
  readonly policy?: string;
  readonly scaler: readonly string[];
  readonly peak?: string;
  readonly seed: string;
  readonly equalCost?: boolean;
  readonly fluid?: boolean;
  readonly steps?: boolean;
  readonly out?: string;
  readonly concurrency?: string;
  readonly serviceSeconds?: string;
  readonly serviceShape?: string;
  readonly serviceLocation?: string;
  readonly slo?: string;
  readonly quota?: string;
  readonly queue?: string;
  readonly timeout?: string;
  readonly startSeconds?: string;
  readonly startJitter?: string;
  readonly failingStarts?: string;
  readonly silentAgents?: string;
  readonly startCost?: string;
  readonly backendCapacity?: string;
  readonly failFast?: readonly string[];
  readonly telemetryDelay?: string;
  readonly telemetryNoise?: string;
}

export function scalersOf(names: readonly string[]): readonly ScalerName[] {
  const known = new Set<string>(SCALERS);
  const asked = names.flatMap((text) => text.split(','));
  for (const name of asked)
    if (!known.has(name))
      throw usage(
        `--scaler: expected one of ${WHOLE_SCALERS.join(', ')}, or cartwright-without-${PART_NAMES.join(', -')}; got "${name}"`,
      );
  return SCALERS.filter((name) => asked.includes(name));
}

/** From `2d+2d` (two days, from the third on), `0+12h`, `25%+1h`. */
export function partFrom(text: string): TracePart {
  const [, share, begin, length] = /^(?:(\d{1,2}(?:\.\d{1,3})?)%|(0|\d[^+]*))\+([^+]+)$/.exec(text) ?? [];
  if (length === undefined)
    throw usage(`--part: expected FROM+LENGTH, for example 2d+2d, 0+12h or 25%+1h, got "${text}"`);
  const seconds = parseDuration(length, '--part');
  if (share !== undefined) return { from: { share: Number(share) / 100 }, seconds };
  return { from: { seconds: begin === '0' ? 0 : parseDuration(begin!, '--part') }, seconds };
}

export function conditionsOf(options: SimulateOptions): Conditions {
  const meanSeconds = option(options.serviceSeconds, '--service-seconds', DEFAULT_SERVICE.meanSeconds, [0.001, 60]);
  const service = {
    concurrency: option(options.concurrency, '--concurrency', DEFAULT_SERVICE.concurrency, [1, 10_000], true),
    meanSeconds,
    locationSeconds: option(options.serviceLocation, '--service-location', 0, [0, 0.999 * meanSeconds]),
    shape: option(options.serviceShape, '--service-shape', DEFAULT_SERVICE.shape, [0, 3]),
    objectiveSeconds: options.slo === undefined ? null : option(options.slo, '--slo', 0, [0.001, 3600]),
    queueLimit: option(options.queue, '--queue', DEFAULT_SERVICE.queueLimit, [0, 1_000_000], true),
    timeoutSeconds: option(options.timeout, '--timeout', DEFAULT_SERVICE.timeoutSeconds, [0.01, 3600]),
  };
  const isFluid = options.fluid ?? false;
  const scenario = scenarioOf(options);
  const meaningless = isFluid ? notOfFluid(scenario) : [];
  if (meaningless.length > 0)
    throw usage(`${meaningless.join(', ')}: a fluid has no single requests; leave out --fluid`);
  return {
    service,
    scenario,
    start: {
      seconds: option(options.startSeconds, '--start-seconds', DEFAULT_START.seconds, [0, 3600]),
      jitter: option(options.startJitter, '--start-jitter', DEFAULT_START.jitter, [0, 1]),
    },
    telemetryDelaySeconds: option(options.telemetryDelay, '--telemetry-delay', 1, [0, 60], true),
    telemetryNoise: option(options.telemetryNoise, '--telemetry-noise', 0.05, [0, 1]),
    isFluid,
    seed: parseWhole(options.seed, '--seed', 0, 4_294_967_295),
  };
}

function scenarioOf(options: SimulateOptions): Scenario {
  return {
    failingStarts: option(options.failingStarts, '--failing-starts', 0, [0, 1]),
    silentAgents: option(options.silentAgents, '--silent-agents', 0, [0, 1]),
    startCostSeconds: option(options.startCost, '--start-cost', 0, [0, 3600]),
    backendCapacity:
      options.backendCapacity === undefined
        ? null
        : option(options.backendCapacity, '--backend-capacity', 0, [1, 1_000_000], true),
    failFast: (options.failFast ?? []).map((text) => intervalOf(text)),
  };
}

function intervalOf(text: string): Scenario['failFast'][number] {
  const found = /^(\d{1,8})-(\d{1,8})$/.exec(text);
  const [from, to] = [Number(found?.[1]), Number(found?.[2])];
  if (from < to) return { from, to };
  throw usage(`--fail-fast: expected FROM-TO in whole seconds since the beginning, for example 600-900, got "${text}"`);
}

function option(
  text: string | undefined,
  name: string,
  otherwise: number,
  [least, most]: readonly [number, number],
  isWhole = false,
): number {
  if (text === undefined) return otherwise;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
  throw usage(`${name}: expected a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}, got "${text}"`);
}
