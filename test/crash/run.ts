/**
 * `npm run test:crash -- [--seed N] [--minutes N] [--workers N] [--point 'STEP: PHASE NAME ORDINAL']`: kills the control plane at
 * every fault point in turn, as many as there is time for, in an order that the seed decides. Exit code 0; 1 when an invariant broke
 * or too few points were reached; 2 for a wrong option.
 */
import { parseArgs } from 'node:util';
import { inOrder, keyOf } from './plans.ts';
import type { FaultPoint } from './program/fault-points.ts';
import { BrokenInvariant, runScenario, type StepReport } from './run-scenario.ts';
import { STEPS } from './scenario.ts';

/** Fewer distinct points than these say that the harness itself is broken. */
const LEAST_POINTS = 60;
const BROKERS = ['outside', 'embedded'] as const;
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '12' },
    workers: { type: 'string', default: '2' },
    point: { type: 'string' },
    broker: { type: 'string', default: 'outside' },
  },
});
const seed = Number(values.seed);
const deadline = performance.now() + Number(values.minutes) * 60_000;

/** By step, the points that are still to come. */
const waiting = new Map<string, FaultPoint[]>();
const killed = new Set<string>();
const missed: string[] = [];
const failures: string[] = [];
let kills = 0;
let runs = 0;

process.exitCode = values.point === undefined ? await everywhere() : await onlyAt(values.point);

async function everywhere(): Promise<number> {
  console.log(`seed ${seed}`);
  await record();
  const total = [...waiting.values()].reduce((sum, points) => sum + points.length, 0);
  console.log(`${total} fault points in ${waiting.size} steps`);
  await Promise.all(Array.from({ length: Number(values.workers) }, work));
  const left = [...waiting.values()].reduce((sum, points) => sum + points.length, 0);
  console.log(
    `${kills} kills at ${killed.size} different points in ${runs} runs; ${missed.length} points did not come again, ${left} were not tried for want of time`,
  );
  for (const failure of failures) console.error(`\n${failure}`);
  if (failures.length > 0) return 1;
  if (killed.size >= LEAST_POINTS) return 0;
  console.error(`fewer than ${LEAST_POINTS} different points were reached`);
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
    for (const { step, reached } of reports)
      waiting.set(step, inOrder([...(waiting.get(step) ?? []), ...reached], seed));
  }
}

async function work(): Promise<void> {
  while (performance.now() < deadline && [...waiting.values()].some((points) => points.length > 0)) {
    runs += 1;
    const broker = BROKERS[runs % 2]!;
    const name = `run-${runs}`;
    try {
      await runScenario({
        name,
        broker,
        steps: STEPS,
        plan: (step) => waiting.get(step.name)?.shift() ?? null,
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
  const plan = { name: point, phase, ordinal: Number(ordinal) } as FaultPoint;
  const steps = STEPS.slice(0, STEPS.findIndex((step) => step.name === name) + 1);
  await runScenario({
    name: 'one',
    broker: values.broker === 'embedded' ? 'embedded' : 'outside',
    steps,
    plan: (step) => (step.name === name ? plan : null),
    onStep: ({ step, killedAt }) =>
      console.log(`${step}: ${killedAt === null ? 'not killed' : 'killed, and whole again'}`),
  });
  return 0;
}
