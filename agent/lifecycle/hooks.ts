/** Runs the cartridge's extension hooks: executables of its folder, in the release's tree, with a time limit. */
import { join } from 'node:path';
import type { CartridgeSpec, HookName } from '../../schema/manifests/cartridge.ts';
import type { AgentState } from '../../schema/mqtt/status.ts';
import type { OutputSink } from '../logs/output.ts';
import { Fault } from './faults.ts';
import { exitText, ProcessGroup, type Exit } from './process-group.ts';

const DEFAULT_LIMIT_SECONDS = 60;

export interface HookContext {
  /** Whose hooks they are: the cartridge of the release. */
  readonly cartridge: {
    /** Its folder. */
    readonly directory: string;
    readonly spec: Pick<CartridgeSpec, 'hooks' | 'hookTimeoutSeconds'>;
  };
  /** The release's tree. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What a single run is bounded by, beside the hook's own limit. */
export interface HookBounds {
  readonly limitMilliseconds?: number;
  /** Ends the hook when it aborts, as the limit does. */
  readonly signal?: AbortSignal;
  /** Code of the reason for which the lifecycle state is what it is. */
  readonly reason?: string;
}

export interface HooksOptions {
  readonly output: OutputSink;
  /** Lifecycle state, told to each hook. */
  readonly state: () => AgentState;
  /** A hook failed on which nothing else depends. */
  readonly onRemark: (name: HookName, message: string) => void;
}

type Ending = { readonly kind: 'exit'; readonly exit: Exit } | { readonly kind: 'late' } | { readonly kind: 'cut' };

export class Hooks {
  readonly #options: HooksOptions;
  readonly #everything = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  /**
   * Runs a hook on which nothing else depends: a failure is written among the hook's own lines, told, and no error.
   * Resolves when nothing of it lives.
   */
  async attempt(name: HookName, context: HookContext, bounds: HookBounds = {}): Promise<void> {
    try {
      await this.run(name, context, bounds);
    } catch (error) {
      const { message } = error as Error;
      this.#options.output.remark(`hook-${name}`, message);
      this.#options.onRemark(name, message);
    }
  }

  /** Resolves when it succeeded or there is none. Rejects with a {@link Fault} `hook-failed`; nothing of it lives on. */
  async run(name: HookName, context: HookContext, bounds: HookBounds = {}): Promise<void> {
    const path = hookPathOf(context.cartridge, name);
    if (path === undefined) return;
    const running = this.#runNow(name, path, context, bounds);
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Ends every hook that runs, and those that would be run later. Resolves when nothing of them lives. */
  async close(): Promise<void> {
    this.#everything.abort();
    await Promise.allSettled([...this.#running]);
  }

  async #runNow(name: HookName, path: string, context: HookContext, bounds: HookBounds): Promise<void> {
    const signal = AbortSignal.any([this.#everything.signal, ...(bounds.signal ? [bounds.signal] : [])]);
    if (signal.aborted)
      throw new Fault('hook-failed', `the hook ${name} was not run: the application is being stopped`);
    const group = await this.#start(name, path, context, bounds.reason);
    const { output } = this.#options;
    const stream = `hook-${name}`;
    const finished = output.attach(stream, group.stdout, group.stderr);
    const declared = (context.cartridge.spec.hookTimeoutSeconds?.[name as 'cleanup'] ?? DEFAULT_LIMIT_SECONDS) * 1000;
    const limit = Math.min(declared, bounds.limitMilliseconds ?? Infinity);
    const ending = await endingOf(group, limit, signal);
    await Promise.race([finished, group.end(0)]);
    await group.end(0);
    if (ending.kind === 'exit' && ending.exit.kind === 'code' && ending.exit.code === 0) return;
    const tail = output.tail(stream, 5).join(' | ');
    const lines = tail === '' ? '' : `; last lines: ${tail}`;
    throw new Fault('hook-failed', `the hook ${name} ${endingText(ending, limit)}${lines}`);
  }

  async #start(
    name: HookName,
    path: string,
    { cartridge, cwd, environment }: HookContext,
    reason: string | undefined,
  ): Promise<ProcessGroup> {
    const told = {
      ...hookVariables(name, cartridge.directory, cwd),
      CARTWRIGHT_STATE: this.#options.state(),
      ...(reason === undefined ? {} : { CARTWRIGHT_REASON: reason }),
    };
    try {
      return await ProcessGroup.start({ command: [path], cwd, environment: { ...environment, ...told } });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Fault('hook-failed', `the hook ${name} cannot be started: ${path} (${code ?? 'unknown error'})`, {
        cause: error,
      });
    }
  }
}

/** Absolute path of a cartridge's hook; `undefined` when it has none of this name. */
export function hookPathOf(
  { directory, spec }: { readonly directory: string; readonly spec: Pick<CartridgeSpec, 'hooks'> },
  name: HookName,
): string | undefined {
  const path = spec.hooks[name];
  return path === undefined ? undefined : join(directory, path);
}

/** What every hook is told, wherever it runs. */
export function hookVariables(name: HookName, cartridge: string, artifact: string): Readonly<Record<string, string>> {
  return { CARTWRIGHT_HOOK: name, CARTWRIGHT_CARTRIDGE: cartridge, CARTWRIGHT_ARTIFACT: artifact };
}

function endingText(ending: Ending, limitMilliseconds: number): string {
  switch (ending.kind) {
    case 'exit':
      return `ended with ${exitText(ending.exit)}`;
    case 'late':
      return `did not end within ${Math.round(limitMilliseconds / 100) / 10} s and was killed`;
    case 'cut':
      return 'was killed: the application is being stopped';
  }
}

/** The leader's end, the limit or the signal, whichever is first. */
async function endingOf(group: ProcessGroup, limitMilliseconds: number, signal: AbortSignal): Promise<Ending> {
  let timer: NodeJS.Timeout | undefined;
  let cut: (() => void) | undefined;
  const late = new Promise<Ending>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'late' }), limitMilliseconds);
    cut = () => resolve({ kind: 'cut' });
    signal.addEventListener('abort', cut, { once: true });
    if (signal.aborted) cut();
  });
  try {
    return await Promise.race([group.exited.then((exit): Ending => ({ kind: 'exit', exit })), late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cut!);
  }
}
