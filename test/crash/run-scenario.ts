/** One life of an application, killed once in each step, with everything checked after each. */
import { isDeepStrictEqual } from 'node:util';
import { eventually } from '../support/eventually.ts';
import type { BrokerKind } from './brokers.ts';
import { problems, type Wanted } from './invariants.ts';
import type { FaultPoint, Plan } from './program/fault-points.ts';
import { NOTHING, type Expected, type Step } from './scenario.ts';
import { World } from './world.ts';

/** Time to be as it should, from the answer on. */
const SETTLE_MILLISECONDS = 150_000;
/** What has not changed for so long does not get better any more: longer than any wait of a healthy platform but a drain's deadline. */
const STUCK_MILLISECONDS = 40_000;

export interface StepReport {
  readonly step: string;
  readonly planned: Plan | null;
  /** Where it was killed; null when the point never came. */
  readonly killedAt: FaultPoint | null;
  /** Points that were reached; those of the last control plane where one was killed. */
  readonly reached: readonly FaultPoint[];
  readonly seconds: number;
}

export class BrokenInvariant extends Error {}

export interface RunOptions {
  /** Makes the idempotency keys of this run its own. */
  readonly name: string;
  readonly broker: BrokerKind;
  readonly steps: readonly Step[];
  readonly plan: (step: Step) => Plan | null;
  readonly onStep?: (report: StepReport) => void;
}

/** Throws {@link BrokenInvariant} with the step, the point and everything that is wrong. */
export async function runScenario(options: RunOptions): Promise<void> {
  await using world = await World.open(options.broker);
  let expected = NOTHING;
  for (const step of options.steps) {
    const report = await runStep(world, step, expected, options);
    expected = step.next(expected);
    options.onStep?.(report);
  }
}

async function runStep(
  world: World,
  step: Step,
  before: Expected,
  { name, broker, plan }: RunOptions,
): Promise<StepReport> {
  const started = performance.now();
  const planned = plan(step);
  const earlier = world.kills.length;
  try {
    const expected: Wanted = {
      ...step.next(before),
      processes: step.leavesAlone ? await world.platform.agentsAndApplications() : null,
    };
    await (step.begin ?? toRunning)(world, planned);
    const answer = await step.act(world, name, before);
    await settled(world, expected);
    const reached = [...world.reached];
    await world.plan(null);
    await answeredTheSame(world, step, { name, before, answer });
    await settled(world, expected);
    const seconds = (performance.now() - started) / 1000;
    return { step: step.name, planned, killedAt: world.kills[earlier] ?? null, reached, seconds };
  } catch (error) {
    const point = world.kills[earlier];
    const where = point === undefined ? 'without a kill' : `killed ${point.phase} "${point.name}" (${point.ordinal})`;
    const log = (await world.platform.log().catch(() => '')).split('\n').slice(-20).join('\n');
    throw new BrokenInvariant(`${broker} broker, step ${step.name}, ${where}: ${(error as Error).message}\n${log}`, {
      cause: error,
    });
  }
}

const toRunning = (world: World, plan: Plan | null): Promise<void> => world.plan(plan);

/** The same question with the same key; killing an instance is none. */
async function answeredTheSame(
  world: World,
  step: Step,
  { name, before, answer }: { name: string; before: Expected; answer: unknown },
): Promise<void> {
  if (step.name === 'kill-instance') return;
  const again = await step.act(world, name, before);
  if (isDeepStrictEqual(again, answer)) return;
  throw new BrokenInvariant(`asked again it answers ${JSON.stringify(again)}, and not ${JSON.stringify(answer)}`);
}

/** Everything is as it should be, in the end. Given up when what is wrong has not changed for long. */
async function settled(world: World, expected: Wanted): Promise<void> {
  let last: string[] = [];
  let since = performance.now();
  await eventually(
    'everything is as it should be',
    async () => {
      const found = await problems(world, expected);
      if (!isDeepStrictEqual(found, last)) since = performance.now();
      last = found;
      return found.length === 0 || performance.now() - since > STUCK_MILLISECONDS;
    },
    SETTLE_MILLISECONDS,
  ).catch((error: unknown) => {
    // Why it could not be looked at the last time, where it could not.
    const { cause } = error as Error;
    const why = cause instanceof Error ? [`not looked at: ${cause.message}`] : [];
    throw new BrokenInvariant(`never at rest: ${[...last, ...why].join('\n')}`, { cause: error });
  });
  if (last.length > 0) throw new BrokenInvariant(last.join('\n'));
}
