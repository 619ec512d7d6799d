/** What a lab leaves in its folder: each run second by second, the latencies of its answers, all scores, what they were made with, and a report. */
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { EffectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import type { LabOptions, Outcome, Recorder, RunKey, RunRecorder } from './lab.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import { conditionFacts } from './report/facts.ts';
import { htmlOf } from './report/html.ts';
import { markdownOf } from './report/markdown.ts';
import { reportOf, type Chart } from './report/report.ts';
import { SeriesBuilder } from './report/series.ts';
import type { Conditions, LabSecond } from './run.ts';
import type { TracePart } from './trace.ts';

export const RUN_HEADER = 't_seconds,requests_per_second,required,desired,starting,ready,in_flight,queued,failed';
export const LATENCIES_HEADER = 'at_most_seconds,requests';
/** Of what is written at once. */
const CHUNK_CHARACTERS = 1 << 18;

/** What lab.json has: all that the runs were made with but the traces. */
export interface LabDescription {
  readonly conditions: Conditions;
  readonly policy: EffectivePolicy;
  /** Which part of longer traces was taken; null: all of them. */
  readonly part: TracePart | null;
  /** Replicas that the highest rate of each trace was rescaled to; null: none was. */
  readonly peak: number | null;
  readonly isStepped: boolean;
  /** Replicas that all traces had among them; null: each was alone. */
  readonly quota: number | null;
}

/** Name of the file of a run without its ending. */
export function runNameOf({ trace, scaler, table }: RunKey): string {
  return `${fileNameOf(trace)}-${scaler}${table === 'defaults' ? '' : `-${table}`}`;
}

/** Files appear under their names when they are whole. */
export class LabFolder implements Recorder {
  readonly #directory: string;
  readonly #description: LabDescription;
  readonly #charts: Chart[] = [];

  /** Makes the folder. */
  constructor(directory: string, { conditions, policy, part, peak, isStepped, quota }: LabOptions) {
    this.#directory = directory;
    this.#description = {
      ...{ conditions, policy, part: part ?? null, peak: peak ?? null },
      ...{ isStepped, quota: quota ?? null },
    };
    mkdirSync(directory, { recursive: true });
    this.#write('lab.json', json(this.#description));
  }

  begin(run: RunKey, seconds: number): RunRecorder {
    const name = runNameOf(run);
    const lines = new LineFile(join(this.#directory, `${name}.csv`), RUN_HEADER);
    const series = new SeriesBuilder(seconds);
    return {
      second: (second) => {
        lines.add(lineOf(second));
        series.add(second);
      },
      end: ({ latencies }) => {
        lines.close();
        this.#latencies(name, latencies);
        this.#charts.push({ ...run, series: series.build() });
      },
    };
  }

  /** Those until now, after each run. */
  scores(outcomes: readonly Outcome[]): void {
    this.#write('scores.json', json(outcomes));
  }

  /** Once all runs are over. */
  report(outcomes: readonly Outcome[]): void {
    const report = reportOf(conditionFacts(this.#description), outcomes, this.#charts);
    this.#write('report.md', markdownOf(report));
    this.#write('report.html', htmlOf(report));
  }

  #write(name: string, text: string): void {
    const file = join(this.#directory, name);
    writeFileSync(`${file}.partial`, text);
    renameSync(`${file}.partial`, file);
  }

  #latencies(name: string, latencies: LatencyHistogram): void {
    const file = new LineFile(join(this.#directory, `${name}-latencies.csv`), LATENCIES_HEADER);
    for (const [seconds, count] of latencies.buckets()) file.add(`${seconds.toPrecision(6)},${count}`);
    file.close();
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

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

/** As it is called in the names of its files. */
export function fileNameOf(trace: string): string {
  return trace.replace(/[^A-Za-z0-9._-]/g, '-');
}
