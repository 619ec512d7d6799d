/** Runs the cartridge's extension hooks: executables of its folder, in the release's tree, with a time limit. */
import { join } from 'node:path';
import type { HookName } from '../../schema/manifests/cartridge.ts';
import type { OutputSink } from '../logs/output.ts';
import { Fault } from './faults.ts';
import { exitText, ProcessGroup } from './process-group.ts';

const DEFAULT_LIMIT_MILLISECONDS = 60_000;

export interface HookContext {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

export class Hooks {
  readonly #directory: string;
  readonly #paths: Readonly<Partial<Record<HookName, string>>>;
  readonly #output: OutputSink;

  /** @param directory the cartridge's folder */
  constructor(directory: string, paths: Readonly<Partial<Record<HookName, string>>>, output: OutputSink) {
    this.#directory = directory;
    this.#paths = paths;
    this.#output = output;
  }

  /** Absolute path of a hook; `undefined` when the cartridge has none of this name. */
  pathOf(name: HookName): string | undefined {
    const path = this.#paths[name];
    return path === undefined ? undefined : join(this.#directory, path);
  }

  /** Writes a failure among the hook's own lines, where nothing else depends on it. */
  remark(name: HookName, error: Error): void {
    this.#output.remark(`hook-${name}`, error.message);
  }

  /** Resolves when it succeeded or there is none. Rejects with a {@link Fault} `hook-failed`; nothing of it lives on. */
  async run(name: HookName, context: HookContext, limitMilliseconds = DEFAULT_LIMIT_MILLISECONDS): Promise<void> {
    const path = this.pathOf(name);
    if (path === undefined) return;
    const group = await this.#start(name, path, context);
    const stream = `hook-${name}`;
    const finished = this.#output.attach(stream, group.stdout, group.stderr);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), limitMilliseconds)));
    const exit = await Promise.race([group.exited, limit]);
    clearTimeout(timer);
    await Promise.race([finished, group.end(0)]);
    await group.end(0);
    if (exit === 'late')
      throw new Fault(
        'hook-failed',
        `the hook ${name} did not end within ${limitMilliseconds / 1000} s and was killed`,
      );
    if (exit.kind === 'code' && exit.code === 0) return;
    const tail = this.#output.tail(stream, 5).join(' | ');
    throw new Fault(
      'hook-failed',
      `the hook ${name} ended with ${exitText(exit)}${tail ? `; last lines: ${tail}` : ''}`,
    );
  }

  async #start(name: HookName, path: string, { cwd, environment }: HookContext): Promise<ProcessGroup> {
    try {
      return await ProcessGroup.start({ command: [path], cwd, environment: { ...environment, CARTWRIGHT_HOOK: name } });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Fault('hook-failed', `the hook ${name} cannot be started: ${path} (${code ?? 'unknown error'})`, {
        cause: error,
      });
    }
  }
}
