/** What a lab leaves in its folder: each run second by second, the latencies of its answers, and all scores. */
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ScalerName } from './contestants.ts';
import type { Outcome, Recorder, RunRecorder, Table } from './lab.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import type { LabSecond } from './run.ts';

const HEADER = 't_seconds,requests_per_second,required,desired,starting,ready,in_flight,queued,failed';
/** Of what is written at once. */
const CHUNK_CHARACTERS = 1 << 18;

/** Files appear under their names when they are whole. */
export class LabFolder implements Recorder {
  readonly #directory: string;

  /** Makes the folder. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  begin(trace: string, scaler: ScalerName, table: Table): RunRecorder {
    const name = `${fileNameOf(trace)}-${scaler}${table === 'defaults' ? '' : `-${table}`}`;
    const seconds = new LineFile(join(this.#directory, `${name}.csv`), HEADER);
    return {
      second: (second) => seconds.add(lineOf(second)),
      end: ({ latencies }) => {
        seconds.close();
        this.#latencies(name, latencies);
      },
    };
  }

  scores(outcomes: readonly Outcome[]): void {
    const file = join(this.#directory, 'scores.json');
    writeFileSync(`${file}.partial`, `${JSON.stringify(outcomes, null, 2)}\n`);
    renameSync(`${file}.partial`, file);
  }

  #latencies(name: string, latencies: LatencyHistogram): void {
    const file = new LineFile(join(this.#directory, `${name}-latencies.csv`), 'at_most_seconds,requests');
    for (const [seconds, count] of latencies.buckets()) file.add(`${seconds.toPrecision(6)},${count}`);
    file.close();
  }
}

/** Nobody reads the files: only the scores count. */
export const NO_FILES: Recorder = { begin: () => ({ second: () => undefined, end: () => undefined }) };

class LineFile {
  readonly #path: string;
  readonly #descriptor: number;
  #pending: string;

  constructor(path: string, header: string) {
    this.#path = path;
    this.#descriptor = openSync(`${path}.partial`, 'w');
    this.#pending = `${header}\n`;
  }

  add(line: string): void {
    this.#pending += `${line}\n`;
    if (this.#pending.length >= CHUNK_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
    renameSync(`${this.#path}.partial`, this.#path);
  }

  #flush(): void {
    writeSync(this.#descriptor, this.#pending);
    this.#pending = '';
  }
}

function lineOf({ t, rate, required, desired, starting, ready, inFlight, queued, failed }: LabSecond): string {
  return `${t},${rate},${required},${desired},${starting},${ready},${inFlight},${queued},${failed}`;
}

function fileNameOf(trace: string): string {
  return trace.replace(/[^A-Za-z0-9._-]/g, '-');
}
