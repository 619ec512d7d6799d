/**
 * Golden decisions: what the decider of one version decided, committed together with that version. A stored decision is
 * computed again by the version that made it, so results that change need another version; these say when they did.
 *
 * A few cases are kept whole, with input and decision, for people; of a few thousand drawn ones there are only digests.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide, DECIDER_VERSION } from '../decide.ts';
import type { Decision, DecisionInput } from '../decision.ts';
import { effectivePolicy } from '../policy-defaults.ts';
import { replay } from '../replay.ts';
import { drawInputs } from './drawn-inputs.ts';
import { runPlant, type PlantOptions } from './plant.ts';

export const GOLDEN_FILE = join(import.meta.dirname, 'golden-decisions.json');

interface GoldenCase {
  readonly name: string;
  readonly input: DecisionInput;
  readonly decision: Decision;
}

export interface Golden {
  readonly deciderVersion: number;
  readonly cases: readonly GoldenCase[];
  readonly drawn: {
    /** Digest of all inputs: where it differs, they are drawn otherwise now and the decisions say nothing. */
    readonly inputs: string;
    /** Digest of each decision, without the version. */
    readonly decisions: readonly string[];
  };
}

const DRAWN = 2000;
const ZERO = effectivePolicy({ minimum: 0 }, { category: 'framework', concurrency: 8 }, 'process');
const GAUGES = { loadPerRequest: 1.5, idleLoad: 3, memory: { idle: 30, work: 40 } };

/** Runs in a closed loop, with the seconds whose decisions are kept. */
const RUNS: readonly (readonly [name: string, options: PlantOptions, seconds: readonly number[]])[] = [
  ['a ramp', { seconds: 90, rate: (t) => 40 + 3 * t }, [5, 61, 75]],
  ['a step', { seconds: 100, rate: (t) => (t < 70 ? 50 : 300) }, [71, 72, 99]],
  ['a decline', { seconds: 200, rate: (t) => Math.max(5, 400 - 3 * t), initial: 8 }, [110, 199]],
  ['two gauges', { seconds: 90, rate: (t) => 60 + t, ...GAUGES }, [89]],
  ['from zero', { seconds: 80, rate: (t) => (t > 65 ? 30 : 0), policy: ZERO, initial: 0 }, [66, 70]],
];

/** The cases of today, with today's results. */
export function makeGolden(): Golden {
  const cases = RUNS.flatMap(([name, options, seconds]) => {
    const log = runPlant(options);
    return seconds.map((second) => {
      // As a store gives it back: without what is undefined.
      const input = JSON.parse(JSON.stringify(log[second]!.input)) as DecisionInput;
      return { name: `${name}, second ${second}`, input, decision: decide(input) };
    });
  });
  return { deciderVersion: DECIDER_VERSION, cases, drawn: decideDrawn() };
}

let decided: Golden['drawn'] | undefined;

function decideDrawn(): Golden['drawn'] {
  return (decided ??= digestsOf(drawInputs(DRAWN)));
}

function digestsOf(inputs: readonly DecisionInput[]): Golden['drawn'] {
  const all = createHash('sha256');
  for (const input of inputs) all.update(JSON.stringify(input));
  return {
    inputs: all.digest('hex'),
    decisions: inputs.map((input) => digestOf({ ...decide(input), deciderVersion: 0 }).slice(0, 8)),
  };
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

export function readGolden(): Golden {
  return JSON.parse(readFileSync(GOLDEN_FILE, 'utf8')) as Golden;
}

/** What this decider decides otherwise, each with its first difference where it is known; the version aside. */
export function differences({ cases, drawn }: Golden): string[] {
  const kept = cases.flatMap(({ name, input, decision }) => {
    const { difference } = replay(input, { ...decision, deciderVersion: DECIDER_VERSION });
    return difference === null ? [] : [`${name}: ${difference}`];
  });
  const now = decideDrawn();
  if (now.inputs !== drawn.inputs) return kept;
  const others = drawn.decisions.flatMap((digest, index) => (now.decisions[index] === digest ? [] : [index + 1]));
  return others.length === 0
    ? kept
    : [...kept, `${others.length} of ${drawn.decisions.length} drawn inputs, the first is number ${others[0]}`];
}

/** Whether the drawn inputs are still those that the fixture speaks of. */
export function isDrawnAlike({ drawn }: Golden): boolean {
  return decideDrawn().inputs === drawn.inputs;
}

/** One case a line, so that a change of the file can be read. */
export function goldenText({ deciderVersion, cases, drawn }: Golden): string {
  const lines = cases.map((item) => JSON.stringify(item)).join(',\n');
  const digests = JSON.stringify(drawn).replace(/((?:"[0-9a-f]{8}",){16})/g, '$1\n');
  return `{"deciderVersion":${deciderVersion},"cases":[\n${lines}\n],\n"drawn":${digests}}\n`;
}
