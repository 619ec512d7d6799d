/** What is reported as it comes and lost when the broker is away or slow: samples, demand and log lines (QoS 0). */
import type { DemandReport } from '../../schema/mqtt/demand.ts';
import { encode } from '../../schema/mqtt/payload.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import type { LogBatch } from '../logs/log-batch.ts';
import type { Sample } from '../telemetry/sample.ts';
import { columnsOf, StatsBatch } from './stats-batch.ts';

const LOG_FLUSH_MILLISECONDS = 250;
/** How often the clock of this machine is told. */
const CLOCK_MILLISECONDS = 60_000;
/** Above this backlog of the socket nothing more is sent: the network is slower than reports come. */
const MAX_BACKLOG_BYTES = 512 * 1024;

interface Publisher {
  readonly isConnected: boolean;
  readonly backlogBytes: number;
  publish(leaf: 'stats' | 'demand' | 'log', payload: Buffer): Promise<void>;
}

export interface ReportsOptions {
  readonly session: string;
  readonly publisher: Publisher;
  readonly logs: Pick<LogBatch, 'take'>;
  readonly log: AgentLog;
}

export class Reports {
  readonly #options: ReportsOptions;
  readonly #stats = new StatsBatch();
  #clockTold = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.flushLogs(), LOG_FLUSH_MILLISECONDS);
  }

  setInterval(seconds: number): void {
    this.#stats.setReportInterval(seconds);
  }

  get #canSend(): boolean {
    const { publisher } = this.#options;
    return publisher.isConnected && publisher.backlogBytes < MAX_BACKLOG_BYTES;
  }

  sampled(sample: Sample): void {
    const samples = this.#stats.offer(sample, this.#canSend);
    if (samples.length === 0) return;
    const now = performance.now();
    const isDue = now - this.#clockTold >= CLOCK_MILLISECONDS;
    if (isDue) this.#clockTold = now;
    const moment = { now, clock: isDue ? Date.now() : undefined };
    this.#send('stats', encode(columnsOf(this.#options.session, samples, moment)));
  }

  /** Cumulative: one that is not sent costs resolution alone. */
  demand(report: DemandReport): void {
    if (this.#canSend) this.#send('demand', encode(report));
  }

  /** One message of the lines that wait, if there are any. @returns whether it was sent. */
  flushLogs(): boolean {
    if (!this.#canSend) return false;
    const taken = this.#options.logs.take(this.#options.session, performance.now());
    if (taken) this.#send('log', encode(taken.report), taken.settle);
    return taken !== undefined;
  }

  #send(leaf: 'stats' | 'demand' | 'log', payload: Buffer, sent?: () => void): void {
    const { publisher, log } = this.#options;
    publisher
      .publish(leaf, payload)
      .then(sent)
      .catch((error: Error) => log('debug', 'not published', { leaf, error: error.message }));
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
