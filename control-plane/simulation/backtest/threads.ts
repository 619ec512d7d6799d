/** Backtests in threads of their own: a week takes seconds of a processor, which deciding is not to wait for. */
import { Worker } from 'node:worker_threads';
import type { BacktestJob, BacktestRunner, BacktestTrial } from '../../app/ports/backtests.ts';
import type { BacktestMessage } from './worker.ts';

const EXTENSION = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
const PROGRAM = new URL(`./worker.${EXTENSION}`, import.meta.url);
/** Of one thread's heap. The arrays of the longest time lie outside of it. */
const MOST_MEBIBYTES = 256;

/** One thread a backtest, which ends with it; how many there are at once is up to whoever calls. */
export class BacktestThreads implements BacktestRunner {
  readonly #workers = new Set<Worker>();

  run(
    job: BacktestJob,
    { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (share: number) => void },
  ): Promise<readonly BacktestTrial[]> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const worker = new Worker(PROGRAM, {
      ...{ name: 'backtest', execArgv: ['--no-warnings'], env: {}, workerData: job },
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEBIBYTES },
    });
    // It alone keeps no process alive.
    worker.unref();
    this.#workers.add(worker);
    return new Promise<readonly BacktestTrial[]>((resolve, reject) => {
      const abort = (): void => {
        reject(signal.reason as Error);
        void worker.terminate();
      };
      signal.addEventListener('abort', abort, { once: true });
      worker.on('message', (message: BacktestMessage) => {
        if (message.kind === 'progress') onProgress(message.share);
        else resolve(message.trials);
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        this.#workers.delete(worker);
        signal.removeEventListener('abort', abort);
        reject(new Error('the thread of the backtest ended'));
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }
}
