/** A few of the fault points; `npm run test:crash` goes through all of them. */
import { expect, test } from '@jest/globals';
import { mulberry32 } from '../../control-plane/domain/autoscaling/testing/plant.ts';
import type { FaultPoint } from './program/fault-points.ts';
import { runScenario } from './run-scenario.ts';
import { STEPS } from './scenario.ts';

const seed = Number(process.env.CARTWRIGHT_SEED ?? Date.now() % 1_000_000);
/** About as many points as the shortest of these steps reaches. */
const POINTS: Readonly<Record<string, number>> = {
  'first-start': 20,
  apply: 120,
  deploy: 120,
  scale: 50,
  restart: 20,
  'kill-instance': 40,
  delete: 50,
};
const MIDDLE = ['deploy', 'scale', 'restart', 'kill-instance'];

test(`killed anywhere, it is whole when it is back (CARTWRIGHT_SEED=${seed})`, async () => {
  const random = mulberry32(seed);
  const middle = MIDDLE[Math.floor(random() * MIDDLE.length)]!;
  const killed: FaultPoint[] = [];
  await runScenario({
    name: `seed-${seed}`,
    broker: random() < 0.5 ? 'embedded' : 'outside',
    steps: STEPS.filter(({ name }) => ['first-start', 'apply', middle, 'delete'].includes(name)),
    plan: ({ name }) => ({ nth: 1 + Math.floor(random() * POINTS[name]!) }),
    onStep: ({ killedAt }) => {
      if (killedAt !== null) killed.push(killedAt);
    },
  });
  // Where one comes late, as a wait was shorter this time, it is missed; never all of them.
  expect(killed.length).toBeGreaterThan(1);
}, 240_000);
