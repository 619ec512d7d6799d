/**
 * Searches in a thread of its own, one at a time, tenants in turn. A job that does not end in its time ends with the thread;
 * the next one gets a new thread.
 */
import { Worker } from 'node:worker_threads';
import { RequestError } from '../../app/errors.ts';
import type { LogPage } from '../../app/ports/logs.ts';
import type { ScanJob } from './scan.ts';
import type { SearchAnswer } from './search-worker.ts';

interface Waiting {
  readonly tenant: string;
  readonly job: ScanJob;
  readonly resolve: (page: LogPage) => void;
  readonly reject: (error: Error) => void;
}

/** Searches of one tenant that may wait. */
const MOST_WAITING = 16;
/** Beyond its budget, for what cannot look at the clock: one line against one pattern, a slow disk, the start of the thread. */
const GRACE_MILLISECONDS = 5000;
const EXTENSION = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
const PROGRAM = new URL(`./search-worker.${EXTENSION}`, import.meta.url);

export class SearchThread {
  /** By tenant, in the order in which they come to their turn. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #graceMilliseconds: number;
  #worker: Worker | undefined;
  #running: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(graceMilliseconds = GRACE_MILLISECONDS) {
    this.#graceMilliseconds = graceMilliseconds;
  }

  /** Throws `RequestError` INVALID (the pattern), LOG_SEARCH_BUSY, LOG_SEARCH_ENDED. */
  search(tenant: string, job: ScanJob): Promise<LogPage> {
    if (this.#isClosed) return Promise.reject(ended('the control plane is stopping'));
    const queue = this.#waiting.get(tenant) ?? [];
    if (queue.length >= MOST_WAITING)
      return Promise.reject(
        new RequestError('LOG_SEARCH_BUSY', `${MOST_WAITING} searches of this tenant wait already; try again later`),
      );
    return new Promise((resolve, reject) => {
      queue.push({ tenant, job, resolve, reject });
      this.#waiting.set(tenant, queue);
      this.#begin();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const left = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const { reject } of left) reject(ended('the control plane is stopping'));
    this.#fail(ended('the control plane is stopping'));
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #begin(): void {
    if (this.#running !== undefined) return;
    const [tenant, queue] = this.#waiting.entries().next().value ?? [];
    const next = queue?.shift();
    if (tenant === undefined || queue === undefined || next === undefined) return;
    this.#waiting.delete(tenant);
    // Behind those of the other tenants.
    if (queue.length > 0) this.#waiting.set(tenant, queue);
    this.#running = next;
    this.#worker ??= this.#open();
    this.#worker.postMessage(next.job);
    this.#timer = setTimeout(() => this.#giveUp(), next.job.budget.milliseconds + this.#graceMilliseconds);
  }

  #open(): Worker {
    const worker = new Worker(PROGRAM, { name: 'log-search', execArgv: ['--no-warnings'], env: {} });
    // It alone keeps no process alive.
    worker.unref();
    worker.on('message', (answer: SearchAnswer) => this.#answered(answer));
    worker.on('error', (error: Error) => this.#lost(worker, error));
    worker.on('exit', () => this.#lost(worker, new Error('the thread ended')));
    return worker;
  }

  #answered(answer: SearchAnswer): void {
    const running = this.#done();
    switch (answer.kind) {
      case 'page':
        running?.resolve(answer.page);
        break;
      case 'pattern':
        running?.reject(
          new RequestError('INVALID', `the regular expression is not one of RE2: ${answer.message}`, {
            field: 'pattern',
          }),
        );
        break;
      case 'failed':
        running?.reject(new Error(`a search of a log failed: ${answer.message}`));
    }
    this.#begin();
  }

  #giveUp(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    this.#fail(ended('it took too long and was ended; ask for less: a simpler pattern, a shorter time'));
    this.#begin();
  }

  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#fail(ended(error.message));
    if (!this.#isClosed) this.#begin();
  }

  #fail(error: Error): void {
    this.#done()?.reject(error);
  }

  #done(): Waiting | undefined {
    clearTimeout(this.#timer);
    const running = this.#running;
    this.#running = undefined;
    return running;
  }
}

function ended(why: string): RequestError {
  return new RequestError('LOG_SEARCH_ENDED', `the search did not end by itself: ${why}`);
}
