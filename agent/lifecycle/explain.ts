/** Sentences that say why an application does not serve. */
import type { Exit } from './process-group.ts';
import { exitText } from './process-group.ts';
import { Fault } from './faults.ts';
import type { MemoryExcess } from '../telemetry/memory-limit.ts';
import type { Launch } from './launch.ts';
import { listenerText, serves, type Listener } from './listeners.ts';

/** Not ready by its deadline: it listens elsewhere, or it listens where it should and does not answer as it should. */
export function explainNotReady(launch: Launch, listeners: readonly Listener[], finding: string | undefined): Fault {
  const { expected, deadlineSeconds } = launch;
  if (expected && listeners.length > 0 && !listeners.some((listener) => serves(listener, expected))) {
    const found = listeners.slice(0, 8).map(listenerText).join(', ');
    return new Fault(
      'listens-elsewhere',
      `listens on ${found}; expected ${listenerText(expected)} ($${expected.variable})`,
    );
  }
  const nothing = expected && listeners.length === 0;
  const where = nothing ? ` It listens on nothing; expected ${listenerText(expected)} ($${expected.variable}).` : '';
  return new Fault('not-ready-in-time', `not ready after ${deadlineSeconds} s: ${finding ?? 'no answer'}.${where}`);
}

/** Something answers at the port, but it is not this application. */
export function explainPortTaken(expected: Listener): Fault {
  return new Fault('port-taken', `${listenerText(expected)} is answered by a process that is not this application's`);
}

export interface Crash {
  readonly exit: Exit;
  /** Monotonic milliseconds. */
  readonly at: number;
}

function lastLines(lines: readonly string[]): string {
  return lines.length > 0 ? `; last lines: ${lines.join(' | ')}` : '; it printed nothing';
}

/** One end that nobody asked for. */
export function explainExit(exit: Exit, lines: readonly string[]): string {
  return `the application ended with ${exitText(exit)}${lastLines(lines)}`;
}

export function explainCrashLoop(crashes: readonly Crash[], lines: readonly string[]): Fault {
  const first = crashes[0]!;
  const last = crashes[crashes.length - 1]!;
  const seconds = Math.max(1, Math.round((last.at - first.at) / 1000));
  return new Fault(
    'crash-loop',
    `the application ended ${crashes.length} times within ${seconds} s, last with ${exitText(last.exit)}${lastLines(lines)}`,
  );
}

function mebibytes(bytes: number): string {
  return `${Number((bytes / 1024 ** 2).toFixed(1))} MiB`;
}

/** Ended by the agent for using more memory than was declared. */
export function explainOutOfMemory({ memoryBytes, limitBytes, samples }: MemoryExcess): Fault {
  const where = samples > 1 ? `in ${samples} samples in a row, last with` : 'with';
  return new Fault(
    'out-of-memory',
    `over its declared memory of ${mebibytes(limitBytes)} ${where} ${mebibytes(memoryBytes)}: it was ended and is started again. Find what grows, or raise "resources.memoryBytes" of the component`,
  );
}

/** Ended by the kernel, in a control group of its own. */
export function explainKilledByKernel(limitBytes: number): Fault {
  return new Fault(
    'out-of-memory',
    `over its declared memory of ${mebibytes(limitBytes)}: the kernel ended it, and it is started again. Find what grows, or raise "resources.memoryBytes" of the component`,
  );
}

/** The start command itself could not be executed. */
export function explainStartFailure(launch: Launch, error: unknown): Fault {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const program = launch.command[0] ?? '';
  const search = program.includes('/') ? '' : ` in PATH (${launch.environment.PATH ?? ''})`;
  const why =
    code === 'EACCES'
      ? 'it is not executable'
      : `it was not found${search}, or the interpreter that its first line names was not`;
  return new Fault(
    'start-command-not-found',
    `cannot start ${JSON.stringify(program)} (${code}): ${why}. Correct "start" of the component, or the cartridge's hook`,
    { cause: error },
  );
}
