/**
 * `npm run test:crash -- [--seed N] [--minutes N] [--workers N] [--point 'STEP: PHASE NAME ORDINAL' [--broker KIND]]`: kills the control plane at
 * every fault point in turn, as many as there is time for, in an order that the seed decides. Exit code 0; 1 when an invariant broke,
 * when fewer points were reached than there are steps, or when a third of those that were aimed at did not come; 2 for a wrong option.
 */
import { delimiter } from 'node:path';
import { parseArgs } from 'node:util';
import { hasMosquitto, type BrokerKind } from './brokers.ts';
import { inOrder, keyOf } from './plans.ts';
import type { FaultPoint } from './program/fault-points.ts';
import { BrokenInvariant, runScenario, type StepReport } from './run-scenario.ts';
import { STEPS } from './scenario.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '12' },
    workers: { type: 'string', default: '2' },
    point: { type: 'string' },
    broker: { type: 'string', default: 'embedded' },
  },
});
const seed = Number(values.seed);
/** No run begins after it, in milliseconds since the start of the process. */
let deadline = Infinity;

// Debian keeps servers where an ordinary user's PATH does not look.
process.env.PATH = [process.env.PATH ?? '', '/usr/sbin'].join(delimiter);
const BROKERS: readonly BrokerKind[] = [hasMosquitto() ? 'secured' : 'outside', 'embedded'];

/** By step, the points that are still to come. */
const waiting = new Map<string, FaultPoint[]>();
/** With which brokers a point was reached, by its step and key. */
const brokersOf = new Map<string, Set<BrokerKind>>();
const killed = new Set<string>();
const missed: string[] = [];
const failures: string[] = [];
let kills = 0;
let runs = 0;

process.exitCode = values.point === undefined ? await everywhere() : await onlyAt(values.point);

async function everywhere(): Promise<number> {
  console.log(`seed ${seed}`);
  if (!BROKERS.includes('secured'))
    console.log('without mosquitto on this machine: the accounts of an outside broker are not tried');
  await record();
  const total = [...waiting.values()].reduce((sum, points) => sum + points.length, 0);
  console.log(`${total} fault points in ${waiting.size} steps`);
  deadline = performance.now() + Number(values.minutes) * 60_000;
  await Promise.all(Array.from({ length: Number(values.workers) }, work));
  const left = [...waiting.values()].reduce((sum, points) => sum + points.length, 0);
  console.log(
    `${kills} kills at ${killed.size} different points in ${runs} runs; ${missed.length} points did not come again, ${left} were not tried for want of time`,
  );
  for (const failure of failures) console.error(`\n${failure}`);
  if (failures.length > 0) return 1;
  // How many there is time for says how fast the machine is; that those which were aimed at come says that the harness works.
  if (killed.size >= STEPS.length && missed.length * 2 <= killed.size) return 0;
  console.error('too few points were reached: there is to be one a step, and two of three that were aimed at');
  return 1;
}

/** One life without a kill says which points there are. */
async function record(): Promise<void> {
  for (const broker of BROKERS) {
    const reports: StepReport[] = [];
    await runScenario({
      name: 'record',
      broker,
      steps: STEPS,
      plan: () => null,
      onStep: (report) => reports.push(report),
    });
    for (const { step, reached } of reports) {
      waiting.set(step, inOrder([...(waiting.get(step) ?? []), ...reached], seed));
      for (const point of reached) {
        const key = `${step}: ${keyOf(point)}`;
        brokersOf.set(key, (brokersOf.get(key) ?? new Set()).add(broker));
      }
    }
  }
}

/** Where the next point of a step is that comes with this broker; -1: there is none. */
function nextAt(step: string, broker: BrokerKind): number {
  return (waiting.get(step) ?? []).findIndex((point) => brokersOf.get(`${step}: ${keyOf(point)}`)!.has(broker));
}

function take(step: string, broker: BrokerKind): FaultPoint | null {
  const at = nextAt(step, broker);
  return at < 0 ? null : waiting.get(step)!.splice(at, 1)[0]!;
}

async function work(): Promise<void> {
  for (;;) {
    if (performance.now() >= deadline) return;
    const useful = BROKERS.filter((broker) => STEPS.some(({ name }) => nextAt(name, broker) >= 0));
    const broker = useful[runs % useful.length];
    if (broker === undefined) return;
    runs += 1;
    const name = `run-${runs}`;
    try {
      await runScenario({
        name,
        broker,
        steps: STEPS,
        plan: ({ name: step }) => take(step, broker),
        onStep: note,
      });
    } catch (error) {
      if (!(error instanceof BrokenInvariant)) throw error;
      failures.push(error.message);
      console.log(`FAILED ${error.message.split('\n').slice(0, 6).join('\n       ')}`);
    }
  }
}

function note({ step, planned, killedAt, seconds }: StepReport): void {
  if (planned === null || 'nth' in planned) return;
  const key = `${step}: ${keyOf(planned)}`;
  if (killedAt === null) {
    missed.push(key);
    return;
  }
  kills += 1;
  killed.add(key);
  console.log(`ok     ${key} (${seconds.toFixed(1)} s)`);
}

async function onlyAt(text: string): Promise<number> {
  const [, name, phase, point, ordinal] = /^([a-z-]+): (before|after) (.+) (\d+)$/.exec(text) ?? [];
  if (name === undefined || !STEPS.some((step) => step.name === name)) {
    console.error(
      `--point looks like 'apply: after store clusters.save 1'; the steps are ${STEPS.map((step) => step.name).join(', ')}`,
    );
    return 2;
  }
  const asked = (['embedded', 'outside', 'secured'] as const).find((kind) => kind === values.broker);
  if (asked === undefined) {
    console.error('--broker is embedded, outside or secured');
    return 2;
  }
  const plan = { name: point, phase, ordinal: Number(ordinal) } as FaultPoint;
  const steps = STEPS.slice(0, STEPS.findIndex((step) => step.name === name) + 1);
  await runScenario({
    name: 'one',
    broker: asked,
    steps,
    plan: (step) => (step.name === name ? plan : null),
    onStep: ({ step, killedAt }) =>
      console.log(`${step}: ${killedAt === null ? 'not killed' : 'killed, and whole again'}`),
  });
  return 0;
}
