/** `cartwright simulate`: scalers against traces of load, in virtual time. Needs no control plane. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { formatManifestError } from '../../../schema/manifests/problem.ts';
import { parseManifests } from '../../../schema/manifests/parse.ts';
import type { AutoscalingPolicySpec } from '../../../schema/manifests/policy.ts';
import { effectivePolicy, type EffectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { SCALERS, type ScalerName } from '../../simulation/elasticity/contestants.ts';
import { LabFolder, NO_FILES } from '../../simulation/elasticity/files.ts';
import { runLab, type Outcome } from '../../simulation/elasticity/lab.ts';
import type { Conditions } from '../../simulation/elasticity/run.ts';
import { parseTraces, TraceError, type Trace } from '../../simulation/elasticity/trace.ts';
import {
  DEFAULT_SERVICE,
  DEFAULT_START,
  nominalInFlight,
  type ServiceModel,
} from '../../simulation/elasticity/workload.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { say, type Io } from '../io.ts';
import { parseWhole } from '../numbers.ts';
import type { Column, Printer } from '../output/printer.ts';

/** As commander gives them: each a text. */
export interface SimulateOptions {
  readonly trace: readonly string[];
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
  readonly queue?: string;
  readonly timeout?: string;
  readonly startSeconds?: string;
  readonly startJitter?: string;
  readonly telemetryDelay?: string;
  readonly telemetryNoise?: string;
}

/** Without a policy nobody is kept from growing. */
const MAXIMUM = 10_000;
const LARGEST_TRACE_BYTES = 256 * 1024 * 1024;

export async function simulate(io: Io, printer: Printer, options: SimulateOptions): Promise<void> {
  const conditions = conditionsOf(options);
  const scalers = scalersOf(options.scaler);
  const policy = await policyOf(io, options.policy, conditions.service);
  const peak = options.peak === undefined ? undefined : parseWhole(options.peak, '--peak', 1, 10_000);
  const traces = await tracesOf(io, options.trace);
  const folder = options.out === undefined ? undefined : new LabFolder(resolve(io.cwd, options.out));
  const withEqualCost = options.equalCost ?? false;
  const outcomes: Outcome[] = [];
  const isStepped = options.steps ?? false;
  const lab = { traces, scalers, policy, conditions, isStepped, peak, withEqualCost };
  for (const outcome of runLab(lab, folder ?? NO_FILES, io.interrupted)) {
    outcomes.push(outcome);
    if (printer.format === 'table') await printer.row(outcome, COLUMNS);
    folder?.scores(outcomes);
  }
  if (io.interrupted.aborted) return;
  if (printer.format !== 'table') await printer.value(outcomes);
  if (folder !== undefined) say(io, `${resolve(io.cwd, options.out!)}: scores.json, and two files of each run`);
}

const number = (value: number, digits: number): string => value.toFixed(digits).padStart(9);

const COLUMNS: readonly Column<Outcome>[] = [
  { title: 'TRACE', value: ({ trace }) => trace.padEnd(26) },
  { title: 'SCALER', value: ({ scaler }) => scaler.padEnd(10) },
  { title: 'TABLE', value: ({ table, isNearestOnly }) => `${table}${isNearestOnly ? '*' : ''}`.padEnd(11) },
  { title: '  UNDER %', value: ({ thetaUnder }) => number(thetaUnder, 4) },
  { title: '   OVER %', value: ({ thetaOver }) => number(thetaOver, 1) },
  { title: ' FAILED %', value: ({ failedShare }) => number(failedShare * 100, 4) },
  { title: '   P99 ms', value: ({ p99Milliseconds }) => (p99Milliseconds === null ? '-' : number(p99Milliseconds, 0)) },
  { title: '    HOURS', value: ({ replicaHours }) => number(replicaHours, 1) },
  { title: ' × ORACLE', value: ({ replicaHours, oracleReplicaHours }) => number(replicaHours / oracleReplicaHours, 3) },
  { title: '  ACTIONS', value: ({ scaleActions }) => number(scaleActions, 0) },
  { title: 'REVERSALS', value: ({ reversals }) => number(reversals, 0) },
];

function scalersOf(names: readonly string[]): readonly ScalerName[] {
  const known = new Set<string>(SCALERS);
  const asked = names.flatMap((text) => text.split(','));
  for (const name of asked)
    if (!known.has(name)) throw usage(`--scaler: expected one of ${SCALERS.join(', ')}, got "${name}"`);
  return SCALERS.filter((name) => asked.includes(name));
}

function conditionsOf(options: SimulateOptions): Conditions {
  const service = {
    concurrency: option(options.concurrency, '--concurrency', DEFAULT_SERVICE.concurrency, [1, 10_000], true),
    meanSeconds: option(options.serviceSeconds, '--service-seconds', DEFAULT_SERVICE.meanSeconds, [0.001, 60]),
    shape: option(options.serviceShape, '--service-shape', DEFAULT_SERVICE.shape, [0, 3]),
    queueLimit: option(options.queue, '--queue', DEFAULT_SERVICE.queueLimit, [0, 1_000_000], true),
    timeoutSeconds: option(options.timeout, '--timeout', DEFAULT_SERVICE.timeoutSeconds, [0.01, 3600]),
  };
  return {
    service,
    start: {
      seconds: option(options.startSeconds, '--start-seconds', DEFAULT_START.seconds, [0, 3600]),
      jitter: option(options.startJitter, '--start-jitter', DEFAULT_START.jitter, [0, 1]),
    },
    telemetryDelaySeconds: option(options.telemetryDelay, '--telemetry-delay', 1, [0, 60], true),
    telemetryNoise: option(options.telemetryNoise, '--telemetry-noise', 0.05, [0, 1]),
    isFluid: options.fluid ?? false,
    seed: parseWhole(options.seed, '--seed', 0, 4_294_967_295),
  };
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

/** By requests in flight: what else there is of an instance the plant does not have. */
async function policyOf(io: Io, file: string | undefined, service: ServiceModel): Promise<EffectivePolicy> {
  const given = file === undefined ? undefined : await readPolicy(io, file);
  const factors = given?.factors ?? { requestsInFlight: { target: nominalInFlight(service) } };
  const { requestsInFlight, ...others } = factors;
  if (requestsInFlight === undefined)
    throw new CliError(
      EXIT.failed,
      `${file}: spec.factors has no requestsInFlight, and the plant reports nothing else; add it`,
    );
  const left = Object.keys(others);
  if (left.length > 0) say(io, `${file}: ${left.join(', ')}: left out, as the plant reports requests in flight only`);
  const spec = { minimum: 1, maximum: MAXIMUM, ...given, factors: { requestsInFlight } };
  if (spec.minimum < 1)
    throw new CliError(EXIT.failed, `${file}: spec.minimum is 0; the plant keeps at least one replica`);
  return effectivePolicy(spec, { category: 'framework', concurrency: service.concurrency }, 'kubernetes');
}

async function readPolicy(io: Io, file: string): Promise<AutoscalingPolicySpec> {
  const parsed = parseManifests(await readText(resolve(io.cwd, file), file), file, { kinds: ['AutoscalingPolicy'] });
  if (!parsed.ok) throw new CliError(EXIT.failed, parsed.errors.map((error) => formatManifestError(error)).join('\n'));
  const [manifest, ...more] = parsed.manifests;
  if (manifest?.kind !== 'AutoscalingPolicy' || more.length > 0)
    throw new CliError(
      EXIT.failed,
      `${file}: expected one AutoscalingPolicy, found ${parsed.manifests.length} objects`,
    );
  return manifest.spec;
}

async function tracesOf(io: Io, names: readonly string[]): Promise<readonly Trace[]> {
  const traces: Trace[] = [];
  for (const name of names)
    for (const file of await filesIn(resolve(io.cwd, name), name)) {
      try {
        traces.push(...parseTraces(await readText(file, file), basename(file).replace(/\.csv$/i, ''), file));
      } catch (error) {
        if (error instanceof TraceError) throw new CliError(EXIT.failed, error.message, { cause: error });
        throw error;
      }
    }
  const called = traces.map((trace) => trace.name);
  const twice = called.find((name, index) => called.indexOf(name) < index);
  if (twice !== undefined) throw new CliError(EXIT.failed, `two traces are called ${twice}; rename a file`);
  return traces;
}

/** Of a folder all files that end with .csv, by name. */
async function filesIn(path: string, name: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(EXIT.failed, `${name}: cannot be read (${error.code})`, { cause: error });
  });
  if (!found.isDirectory()) return [path];
  const files = (await readdir(path)).filter((file) => /\.csv$/i.test(file)).sort();
  if (files.length === 0) throw new CliError(EXIT.failed, `${name}: no file in it ends with .csv`);
  return files.map((file) => join(path, file));
}

async function readText(path: string, name: string): Promise<string> {
  try {
    if ((await stat(path)).size > LARGEST_TRACE_BYTES)
      throw new CliError(EXIT.failed, `${name}: larger than ${LARGEST_TRACE_BYTES / 1024 / 1024} MiB`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.failed, `${name}: cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}
