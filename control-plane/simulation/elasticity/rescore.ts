/** The scores of a lab's folder, computed again from its files alone. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LATENCIES_HEADER, RUN_HEADER, runNameOf, type LabDescription } from './files.ts';
import type { Outcome } from './lab.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { oracleReplicaHours } from './scalers/oracle.ts';
import { Scoring, type RunSecond } from './scores.ts';
import { longestStart } from './workload.ts';

/** A file of the folder that is not as the lab leaves it. */
export class LabFileError extends Error {
  readonly code = 'LAB_FILE_INVALID';
  constructor(file: string, line: number, what: string) {
    super(`${file}:${line}: ${what}`);
    this.name = 'LabFileError';
  }
}

export interface Rescored {
  /** As scores.json has it. */
  readonly stored: Outcome;
  readonly computed: Outcome;
  /** The first score that differs, with both values; null: all are the same to the digit. */
  readonly difference: string | null;
}

/**
 * Which runs there are, their targets and their seed are taken from scores.json, how long a start takes from lab.json; all scores from the files
 * of the runs. Throws {@link LabFileError}, and what reading a file throws.
 */
export async function* rescored(directory: string): AsyncGenerator<Rescored> {
  const scores = join(directory, 'scores.json');
  const stored = JSON.parse(await readFile(scores, 'utf8')) as Outcome[];
  if (!Array.isArray(stored)) throw new LabFileError(scores, 1, 'expected an array, as --out leaves it');
  const { conditions } = JSON.parse(await readFile(join(directory, 'lab.json'), 'utf8')) as LabDescription;
  for (const one of stored) {
    const path = join(directory, runNameOf(one));
    const scoring = new Scoring();
    const required: number[] = [];
    await eachSecond(`${path}.csv`, (second) => {
      scoring.add(second);
      required.push(second.required);
    });
    const latencies = await latenciesIn(`${path}-latencies.csv`);
    const oracle = oracleReplicaHours(Int32Array.from(required), longestStart(conditions.start));
    const computed = {
      ...one,
      ...scoring.of(latencies, conditions.service.objectiveSeconds),
      oracleReplicaHours: oracle,
    };
    yield { stored: one, computed, difference: differenceOf(one, computed) };
  }
}

function differenceOf(stored: Outcome, computed: Outcome): string | null {
  for (const key of Object.keys(computed) as (keyof Outcome)[])
    if (stored[key] !== computed[key])
      return `${key} is ${stored[key]} in scores.json, and ${computed[key]} by the files`;
  return null;
}

async function eachSecond(file: string, take: (second: RunSecond) => void): Promise<void> {
  await eachRow(file, RUN_HEADER, ([, rate, required, desired, starting, ready, , , failed]) =>
    take({
      rate: rate!,
      required: required!,
      desired: desired!,
      starting: starting!,
      ready: ready!,
      failed: failed!,
    }),
  );
}

async function latenciesIn(file: string): Promise<LatencyHistogram> {
  const buckets: [number, number][] = [];
  await eachRow(file, LATENCIES_HEADER, ([seconds, count]) => buckets.push([seconds!, count!]));
  return LatencyHistogram.of(buckets);
}

/** The numbers of each line after the header. */
async function eachRow(file: string, header: string, take: (row: readonly number[]) => void): Promise<void> {
  const fields = header.split(',').length;
  let line = 0;
  let rest = '';
  const takeLine = (text: string): void => {
    line += 1;
    if (line === 1 && text !== header) throw new LabFileError(file, line, `expected the header ${header}`);
    if (line === 1) return;
    const row = text.split(',').map(Number);
    if (row.length !== fields || !row.every((value) => Number.isFinite(value)))
      throw new LabFileError(file, line, `expected ${fields} numbers`);
    take(row);
  };
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const lines = `${rest}${chunk as string}`.split('\n');
    rest = lines.pop()!;
    for (const text of lines) takeLine(text);
  }
  if (rest !== '') takeLine(rest);
}
