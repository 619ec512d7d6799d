/** `cartwright demo`: the whole way once, in a temporary folder. */
import { join } from 'node:path';
import { inOneLine } from './in-one-line.ts';
import { runDemo } from '../../demo/demo.ts';

export interface DemoCommandOptions {
  readonly trace?: string;
  readonly json?: boolean;
  readonly keep?: boolean;
  readonly seconds?: number;
}

const DEFAULT_SECONDS = 180;

export async function run(options: DemoCommandOptions): Promise<number> {
  return inOneLine(async () => start(options));
}

async function start(options: DemoCommandOptions): Promise<number> {
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  process.once('SIGTERM', () => abort.abort());
  return runDemo({
    ...(options.trace === undefined ? {} : { trace: options.trace }),
    json: options.json ?? false,
    keep: options.keep ?? false,
    seconds: options.seconds ?? DEFAULT_SECONDS,
    packageDirectory: join(import.meta.dirname, '../../../..'),
    out: (text) => process.stdout.write(text),
    tell: (text) => (options.json === true ? undefined : process.stdout.write(text)),
    signal: abort.signal,
  });
}
