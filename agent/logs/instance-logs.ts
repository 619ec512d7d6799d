/** All that becomes the log of an instance: what its programs print, files that it declares, and the agent's own lines. */
import { join } from 'node:path';
import type { PreparedRelease } from '../artifacts/releases.ts';
import type { Settings } from '../config/settings.ts';
import type { Layout } from '../storage/layout.ts';
import { agentLineText, type AgentLine, type AgentLog } from './agent-log.ts';
import { LeftOver } from './left-over.ts';
import { LogBatch } from './log-batch.ts';
import { credentialsIn, Masking } from './masking.ts';
import { NamedLogs } from './named-logs.ts';
import { KEPT_STREAMS, Output } from './output.ts';
import { Positions } from './positions.ts';
import { MAX_LINE_CHARACTERS } from '../../schema/mqtt/log.ts';

/** Positions that moved because lines were dropped; those of lines that were sent are saved at once. */
const SAVE_EVERY_MILLISECONDS = 1000;

export interface InstanceLogsOptions {
  readonly layout: Layout;
  readonly settings: Settings;
  /** The instance's token, which is masked; none yet: {@link InstanceLogs.maskToken} tells of it. */
  readonly token: string | undefined;
  readonly log: AgentLog;
}

export class InstanceLogs {
  readonly masking = new Masking();
  readonly output: Output;
  readonly #batch: LogBatch;
  readonly #options: InstanceLogsOptions;
  readonly #positions: Positions;
  readonly #files: NamedLogs;
  #tokens: readonly string[];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: InstanceLogsOptions) {
    const { layout, settings, log, token } = options;
    this.#options = options;
    this.#batch = new LogBatch(settings.logLinesPerSecond);
    this.#tokens = token === undefined ? [] : [token];
    this.masking.set('token', this.#tokens);
    this.#positions = new Positions(layout.logPositions, (error) =>
      log('warn', 'how far the logs were sent is not kept', { error: error.message }),
    );
    this.#files = new NamedLogs({ batch: this.#batch, masking: this.masking, positions: this.#positions, log });
    this.output = new Output({
      directory: layout.logs,
      maximumFileBytes: settings.logFileBytes,
      batch: this.#batch,
      masking: this.masking,
      positions: this.#positions,
      onError: (error) => log('error', 'output not kept', { error: error.message }),
    });
  }

  /** Takes up what an earlier run of the agent did not send. To be called before anything is printed. */
  async resume(): Promise<void> {
    for (const stream of KEPT_STREAMS) {
      const position = this.#positions.of(stream);
      if (position === undefined) continue;
      const path = join(this.#options.layout.logs, `${stream}.log`);
      this.#files.add(stream, await LeftOver.open(path, position, this.#files.sink(stream)));
    }
    this.#timer = setInterval(() => this.#positions.save(Date.now()), SAVE_EVERY_MILLISECONDS);
  }

  /** The files that a release declares, and what of its environment must not be seen. Before its application starts. */
  follow(
    { release, tree, configuration, secrets }: PreparedRelease,
    environment: Readonly<Record<string, string>>,
  ): void {
    this.masking.set(`environment of ${release}`, credentialsIn(environment));
    this.masking.set(
      `secrets of ${release}`,
      secrets.map(({ value }) => value),
    );
    const roots = { application: tree, home: this.#options.layout.home };
    this.#files.follow(release, configuration.logs ?? [], roots);
  }

  /** The instance's token as it is now; the one before is masked for as long as it may count. */
  maskToken(token: string): void {
    if (this.#tokens.includes(token)) return;
    this.#tokens = [...this.#tokens.slice(-1), token];
    this.masking.set('token', this.#tokens);
  }

  /** The next message, as of {@link LogBatch}. What it carries is noted as sent as soon as it is. */
  take(session: string, now: number): ReturnType<LogBatch['take']> {
    const taken = this.#batch.take(session, now);
    if (taken === undefined) return undefined;
    const settle = () => {
      taken.settle();
      this.#positions.save(Date.now());
    };
    return { report: taken.report, settle };
  }

  /** What helps only who looks at the agent itself is left out. */
  say(line: AgentLine): void {
    if (line.level === 'debug') return;
    const text = this.masking.apply(agentLineText(line)).slice(0, MAX_LINE_CHARACTERS);
    this.#batch.add({ stream: 'agent', text, level: line.level }, performance.now());
  }

  /** Reads what is there of files for the last time: the application has ended. */
  async finish(): Promise<void> {
    await this.#files.close();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#files.close();
    await this.output.close();
    this.#positions.save(Date.now());
  }
}
