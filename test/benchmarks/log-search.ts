/**
 * One search over a gibibyte of logs, to its end: by a rare text, by an expression, by a level. The reference is grep over the same
 * files in the same run, so that machines can be compared. Also how long the event loop was held meanwhile.
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { encodeEntry } from '../../control-plane/adapters/logs/record.ts';
import { SegmentLog } from '../../control-plane/adapters/logs/segment-log.ts';
import type { LogFilter, LogQuery } from '../../control-plane/app/ports/logs.ts';
import type { NewLogLine } from '../../control-plane/domain/logs/entry.ts';
import type { Benchmark, Figure } from './benchmark.ts';

const GIBIBYTE = 1024 ** 3;
const SEGMENT_BYTES = 8 * 1024 ** 2;
/** One line of so many has the text that is looked for. */
const RARE = 100_003;
const OWNER = { tenant: 'bench', name: 'shop' };
const ROUNDS = 3;

export const logSearch: Benchmark = {
  name: 'log-search',
  description: 'one search over 1 GiB of logs in segment files, from the newest line to the oldest, against grep',
  run: async (report) => {
    const directory = await mkdtemp(join(tmpdir(), 'cartwright-bench-logs-'));
    try {
      const lines = await fill(directory);
      report(await measure(directory, lines));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function measure(directory: string, lines: number): Promise<Figure[]> {
  const folder = join(directory, OWNER.tenant, OWNER.name);
  const files = (await readdir(folder)).map((name) => join(folder, name));
  const log = new SegmentLog({
    directory,
    tenantBytes: async () => 2 * GIBIBYTE,
    onFailure: (error) => {
      throw error;
    },
  });
  const expected = Math.floor(lines / RARE);
  try {
    // The first pass brings the files into memory; a disk would be measured otherwise, and the same for both.
    await grep(['-c', 'checkout-failed'], files);
    const plain = await best(() => grep(['-c', 'checkout-failed'], files));
    const expression = await best(() => grep(['-cE', 'checkout-f[a-z]+ after [0-9]{4} ms'], files));
    const text = await best(() => search(log, { text: 'checkout-failed' }, expected));
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const pattern = await best(() => search(log, { pattern: 'checkout-f[a-z]+ after [0-9]{4} ms' }, expected));
    delay.disable();
    const level = await best(() => search(log, { level: 'error' }, expected));
    return [
      figure('log-search-text', text, plain, 'grep -c of the text'),
      figure('log-search-expression', pattern, expression, 'grep -cE of the expression'),
      figure('log-search-level', level, plain, 'grep -c of the text'),
      { name: 'log-search-loop-delay-p99', value: round(delay.percentile(99) / 1e6), unit: 'ms', samples: ROUNDS },
    ];
  } finally {
    await log.close();
  }
}

/** @returns how many lines were written */
async function fill(directory: string): Promise<number> {
  const folder = join(directory, OWNER.tenant, OWNER.name);
  await mkdir(folder, { recursive: true });
  let sequence = 1;
  for (let bytes = 0; bytes < GIBIBYTE;) {
    const stream = createWriteStream(join(folder, `${String(sequence).padStart(16, '0')}.log`));
    for (let written = 0; written < SEGMENT_BYTES; sequence += 1) {
      const text = encodeEntry(sequence, lineAt(sequence), 1_800_000_000_000 + sequence);
      written += text.length;
      bytes += text.length;
      if (!stream.write(text)) await once(stream, 'drain');
    }
    stream.end();
    await once(stream, 'finish');
  }
  return sequence - 1;
}

function lineAt(sequence: number): NewLogLine {
  const isRare = sequence % RARE === 0;
  const path = `/api/v1/items/${(sequence * 7919) % 100_000}`;
  const request = `{"level":"info","msg":"request","method":"GET","path":"${path}","status":200,"ms":${sequence % 317}}`;
  return {
    kind: 'line',
    at: 1_800_000_000_000 + sequence,
    level: isRare ? 'error' : 'info',
    alias: 'web',
    instance: `01k${String(sequence % 5).padStart(23, '0')}`,
    release: 1,
    stream: 'stdout',
    text: isRare ? `order ${sequence}: checkout-failed after ${1000 + (sequence % 9000)} ms` : request,
  };
}

async function search(log: SegmentLog, filter: LogFilter, expected: number): Promise<void> {
  let found = 0;
  let range: LogQuery['range'] | null = { before: null };
  while (range !== null) {
    const page = await log.search(OWNER, { filter, limit: 1000, range });
    found += page.entries.length;
    range = page.next;
  }
  if (found !== expected) throw new Error(`found ${found} lines instead of ${expected}`);
}

async function grep(options: readonly string[], files: readonly string[]): Promise<void> {
  await promisify(execFile)('grep', [...options, ...files], { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
}

/** Seconds of the fastest round: what else runs on the machine only adds. */
async function best(work: () => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    await work();
    least = Math.min(least, (performance.now() - started) / 1000);
  }
  return least;
}

function figure(name: string, seconds: number, reference: number, against: string): Figure {
  return { name, value: round(seconds), unit: 's', ratio: round(seconds / reference), against, samples: ROUNDS };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
