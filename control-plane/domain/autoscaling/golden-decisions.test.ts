import { expect, test } from '@jest/globals';
import { decide, DECIDER_VERSION } from './decide.ts';
import type { ClampCode } from './decision.ts';
import { drawInputs } from './testing/drawn-inputs.ts';
import { differences, isDrawnAlike, readGolden } from './testing/golden.ts';

const golden = readGolden();
const WRITE = 'write the fixture again: node scripts/write-golden-decisions.ts';

test('the decider decides as its version always has', () => {
  const found = differences(golden);
  if (found.length > 0)
    throw new Error(
      `golden decisions differ: raise DECIDER_VERSION in decide.ts and ${WRITE}\n${found.join('\n').slice(0, 4000)}`,
    );
});

test('the fixture is of this version, and of these inputs', () => {
  if (golden.deciderVersion !== DECIDER_VERSION)
    throw new Error(`the fixture is of version ${golden.deciderVersion}, the decider of ${DECIDER_VERSION}; ${WRITE}`);
  if (!isDrawnAlike(golden)) throw new Error(`the inputs are drawn otherwise now; ${WRITE}`);
  expect(golden.cases.every(({ decision }) => decision.deciderVersion === DECIDER_VERSION)).toBe(true);
});

test('the drawn inputs lead to every clamp, and to every way of coming to a number', () => {
  // What people stopped is not drawn: it came later, and the inputs stay as they are. decide.properties.test.ts has it.
  const clamps: Record<Exclude<ClampCode, 'stopped'>, true> = {
    activation: true,
    'no-fresh-data': true,
    'windows-not-full': true,
    silenced: true,
    tolerance: true,
    regret: true,
    idle: true,
    'rate-up': true,
    'rate-down': true,
    'errors-high': true,
    'no-gain': true,
    minimum: true,
    maximum: true,
    quota: true,
    room: true,
    pin: true,
    floor: true,
    paused: true,
    shadow: true,
    frozen: true,
  };
  const decisions = drawInputs(golden.drawn.decisions.length).map(decide);
  const seen = new Set<string>(decisions.flatMap((decision) => decision.clamps.map(({ code }) => code)));
  expect(Object.keys(clamps).filter((code) => !seen.has(code))).toEqual([]);
  expect(new Set(decisions.map(({ outcome }) => outcome))).toEqual(new Set(['scale-up', 'scale-down', 'hold']));
  const proposals = decisions.flatMap((decision) => decision.proposals);
  expect(proposals.some(({ forecast }) => forecast?.accelerationSignificant === true)).toBe(true);
  expect(proposals.some(({ saturated }) => saturated)).toBe(true);
  expect(proposals.some(({ instances }) => instances === null)).toBe(true);
});
