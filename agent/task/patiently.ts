/** How the agent of a task or a build asks the control plane, which may be away. */
import { setTimeout as delay } from 'node:timers/promises';
import { exponential } from '../back-off.ts';
import { Fault } from '../lifecycle/faults.ts';
import type { AgentLog } from '../logs/agent-log.ts';

const BASE_MILLISECONDS = 500;
const CAP_MILLISECONDS = 10_000;

export interface Patience {
  /** Codes of the faults that the control plane may mend by coming back. */
  readonly passing: readonly string[];
  readonly log: AgentLog;
  /** Aborted when the time is over. */
  readonly signal: AbortSignal;
}

/** Tries until it succeeds, fails for good, or the signal is aborted: rejects then with the last fault, or with the signal's reason. */
export async function patiently<T>({ passing, log, signal }: Patience, work: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !(error instanceof Fault) || !passing.includes(error.code)) throw error;
      log('warn', 'the control plane is asked again', { error: error.message });
      await delay(exponential(failures, BASE_MILLISECONDS, CAP_MILLISECONDS), undefined, { signal });
    }
  }
}
