/** A command or a hook in a copy of a release, which is fetched until the time is over: the control plane may be away. */
import { NO_METADATA } from '../../schema/agent/metadata.ts';
import type { TaskDocument } from '../../schema/agent/task.ts';
import { cartridgeOf } from '../artifacts/cartridge.ts';
import { ReleaseStore, type PreparedRelease } from '../artifacts/releases.ts';
import { readToken, type AgentConfiguration } from '../config/instance.ts';
import { applicationEnvironment } from '../lifecycle/environment.ts';
import { Fault } from '../lifecycle/faults.ts';
import { hookPathOf, hookVariables } from '../lifecycle/hooks.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { fetchMetadata, writeMetadata } from '../metadata/metadata.ts';
import type { Layout } from '../storage/layout.ts';
import { patiently } from './patiently.ts';
import type { PreparedWork, TaskWork } from './work.ts';

/** What the control plane may mend by coming back. */
const PASSING: readonly string[] = [
  'artifact-fetch-failed',
  'artifact-digest-mismatch',
  'configuration-fetch-failed',
  'secrets-fetch-failed',
  'metadata-fetch-failed',
];

export interface ReleaseWorkOptions {
  readonly configuration: AgentConfiguration;
  readonly task: TaskDocument;
  readonly log: AgentLog;
  /** Search path that the command gets. */
  readonly path: string;
}

export class ReleaseWork implements TaskWork {
  readonly timeoutSeconds: number;
  readonly #options: ReleaseWorkOptions;

  constructor(options: ReleaseWorkOptions) {
    this.#options = options;
    this.timeoutSeconds = options.task.timeoutSeconds;
  }

  async prepare(layout: Layout, signal: AbortSignal): Promise<PreparedWork> {
    const prepared = await this.#fetch(layout, signal);
    return {
      command: this.#command(prepared),
      cwd: prepared.tree,
      environment: this.#environment(layout, prepared),
      secrets: prepared.secrets.map(({ value }) => value),
    };
  }

  async #fetch(layout: Layout, signal: AbortSignal): Promise<PreparedRelease> {
    const { configuration, task, log } = this.#options;
    const { document } = configuration;
    const { maximumBytes } = document.cartridge.spec.build;
    const store = new ReleaseStore(layout, maximumBytes, { token: () => readToken(document.tokenFile) });
    return patiently({ passing: PASSING, log, signal }, async () => {
      await this.#bringMetadata(layout, signal);
      return store.prepare(task.release, signal);
    });
  }

  async #bringMetadata(layout: Layout, signal: AbortSignal): Promise<void> {
    const { configuration, task } = this.#options;
    const token = readToken(configuration.document.tokenFile);
    try {
      const document =
        task.metadataUrl === undefined ? NO_METADATA : await fetchMetadata(task.metadataUrl, token, signal);
      await writeMetadata(layout.metadata, document);
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Fault('metadata-fetch-failed', `the metadata could not be fetched: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #command(prepared: PreparedRelease): readonly string[] {
    const { task, configuration } = this.#options;
    if (task.program.kind === 'command') return task.program.command;
    const cartridge = cartridgeOf(prepared.configuration, configuration.document);
    const path = hookPathOf(cartridge, task.program.hook);
    if (path === undefined) throw new Fault('hook-failed', `the cartridge ${cartridge.name} has no hook release`);
    return [path];
  }

  #environment(layout: Layout, prepared: PreparedRelease): Readonly<Record<string, string>> {
    const { task, configuration, path } = this.#options;
    const { document } = configuration;
    const own = applicationEnvironment({
      ...prepared,
      document,
      home: layout.home,
      metadata: layout.metadata,
      path,
      socket: undefined,
    });
    const { directory } = cartridgeOf(prepared.configuration, document);
    const hook = task.program.kind === 'hook' ? hookVariables(task.program.hook, directory, prepared.tree) : {};
    return { ...own, ...hook, CARTWRIGHT_TASK: document.instance };
  }
}
