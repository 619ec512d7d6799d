/**
 * `npm run test:simulation -- [--seeds N] [--seed S] [--workers N]`: N runs of the simulated platform with the seeds S, S + 1 … A single
 * seed is run twice, which has to be the same run, and is told with what went wrong on purpose and the end of its trace. Exit code 0; 1 when
 * a rule broke; 2 for a wrong option.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { run, type RunResult } from '../../control-plane/simulation/world.ts';
import { TIMES } from '../../control-plane/simulation/scenario.ts';

const MOST_SEED = 0x7fffffff;
const TOLD_FAILURES = 5;
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    workers: { type: 'string', default: '2' },
  },
});
const [seeds, first, workers] = [values.seeds, values.seed, values.workers].map(Number);

if (![seeds, first, workers].every((value) => Number.isInteger(value) && value! > 0 && value! <= MOST_SEED)) {
  console.error('--seeds, --seed and --workers are whole numbers from 1');
  process.exitCode = 2;
} else process.exitCode = seeds === 1 ? await replay(first!) : await many(first!, seeds!, workers!);

async function many(from: number, count: number, threads: number): Promise<number> {
  console.log(`seeds ${from} to ${from + count - 1}, ${TIMES.seconds + TIMES.quietSeconds} s each`);
  const begun = performance.now();
  const failures: RunResult[] = [];
  let next = from;
  let done = 0;
  let simulatedSeconds = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    try {
      while (next < from + count) {
        const seed = next;
        next += 1;
        const result = await answerOf(worker, seed);
        done += 1;
        simulatedSeconds += result.simulatedSeconds;
        if (result.failure !== null) failures.push(result);
        if (done % 200 === 0) console.log(`${done} runs, ${failures.length} failed`);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, count) }, work));
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${done} runs in ${seconds.toFixed(1)} s, ${Math.round(simulatedSeconds / seconds)} × real time; ${failures.length} failed`,
  );
  failures.sort((a, b) => a.seed - b.seed);
  for (const failure of failures.slice(0, TOLD_FAILURES)) tell(failure);
  return failures.length === 0 ? 0 : 1;
}

function answerOf(worker: Worker, seed: number): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(new Error(`seed ${seed}: ${error.message}`, { cause: error }));
    worker.once('message', (result: RunResult) => {
      worker.off('error', failed);
      resolve(result);
    });
    worker.once('error', failed);
    worker.postMessage(seed);
  });
}

async function replay(seed: number): Promise<number> {
  const result = await run({ seed, ...TIMES });
  const again = await run({ seed, ...TIMES });
  for (const fault of result.faults) console.log(fault);
  console.log(`${result.events} events, ${result.decisions} decisions, digest ${result.digest}`);
  if (result.digest !== again.digest) {
    console.error(`the same seed gave another run: ${again.digest}`);
    return 1;
  }
  if (result.failure === null) return 0;
  for (const line of result.tail) console.log(line);
  tell(result);
  return 1;
}

function tell({ seed, failure, digest }: RunResult): void {
  const { rule, detail, atSeconds } = failure!;
  console.error(`\nseed ${seed}: ${rule}: ${detail} (at ${atSeconds.toFixed(3)} s, digest ${digest.slice(0, 16)})`);
  console.error(`  have it again at this commit: npm run test:simulation -- --seeds 1 --seed ${seed}`);
}
