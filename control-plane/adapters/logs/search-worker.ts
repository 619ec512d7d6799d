/** The thread that searches: jobs come one after another, so that a pattern of whatever cost holds nothing but this thread. */
import { parentPort } from 'node:worker_threads';
import type { LogPage } from '../../app/ports/logs.ts';
import { PatternError } from './matcher.ts';
import { scan, type ScanJob } from './scan.ts';

export type SearchAnswer =
  | { readonly kind: 'page'; readonly page: LogPage }
  | { readonly kind: 'pattern'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

function answer(job: ScanJob): SearchAnswer {
  try {
    return { kind: 'page', page: scan(job) };
  } catch (error) {
    if (error instanceof PatternError) return { kind: 'pattern', message: error.message };
    return { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

parentPort?.on('message', (job: ScanJob) => parentPort?.postMessage(answer(job)));
