/** The files that `simulate` reads: traces and a policy. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { formatManifestError } from '../../../schema/manifests/problem.ts';
import { parseManifests } from '../../../schema/manifests/parse.ts';
import type { AutoscalingPolicySpec } from '../../../schema/manifests/policy.ts';
import { effectivePolicy, type EffectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { parseTraces, TraceError, type Trace } from '../../simulation/elasticity/trace.ts';
import { fileNameOf } from '../../simulation/elasticity/files.ts';
import type { Conditions } from '../../simulation/elasticity/run.ts';
import { hasAgents } from '../../simulation/elasticity/scenario.ts';
import { nominalInFlight } from '../../simulation/elasticity/workload.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { say, type Io } from '../io.ts';

/** Without a policy nobody is kept from growing. */
const MAXIMUM = 10_000;
/** As the platform's own default. */
const LOAD_AVERAGE = { loadAverage: { target: 70 } };
const LARGEST_TRACE_BYTES = 256 * 1024 * 1024;

/** By requests in flight, and where replicas have agents by the load average: what else there is of an instance the plant does not have. */
export async function policyOf(
  io: Io,
  file: string | undefined,
  { service, scenario }: Conditions,
): Promise<EffectivePolicy> {
  const given = file === undefined ? undefined : await readPolicy(io, file);
  const requests = { requestsInFlight: { target: nominalInFlight(service) } };
  const factors = given?.factors ?? (hasAgents(scenario) ? { ...requests, ...LOAD_AVERAGE } : requests);
  const known = new Set(['requestsInFlight', ...(hasAgents(scenario) ? ['loadAverage'] : [])]);
  const left = Object.keys(factors).filter((name) => !known.has(name));
  if (!('requestsInFlight' in factors))
    throw new CliError(
      EXIT.failed,
      `${file}: spec.factors has no requestsInFlight, which every scaler here needs; add it`,
    );
  if (left.length > 0) say(io, `${file}: ${left.join(', ')}: left out, as the plant does not report it`);
  const taken = Object.fromEntries(Object.entries(factors).filter(([name]) => known.has(name)));
  const spec = { minimum: 1, maximum: MAXIMUM, ...given, factors: taken };
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

export async function tracesOf(io: Io, names: readonly string[]): Promise<readonly Trace[]> {
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
  const called = traces.map((trace) => fileNameOf(trace.name));
  const twice = called.find((name, index) => called.indexOf(name) < index);
  if (twice !== undefined) throw new CliError(EXIT.failed, `two traces are called ${twice}; rename a file`);
  return traces;
}

/** Of a folder all files that end with .csv, by name. */
async function filesIn(path: string, name: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw usage(`${name}: ${error.code === 'ENOENT' ? 'there is no such file or folder' : error.message}`);
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
    throw usage(`${name} cannot be read: ${(error as Error).message}`);
  }
}
