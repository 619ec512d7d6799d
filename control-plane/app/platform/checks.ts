/** What the control plane needs, by name: one list for whoever asks whether it is ready. */
import type { Clock } from '../ports/clock.ts';
import type { Messaging } from '../ports/messaging.ts';
import type { ProgramParts, ReadinessCheck } from '../ports/platform.ts';
import { within } from '../within.ts';
import type { CheckResult } from './use-cases.ts';

const ANSWER_MILLISECONDS = 2000;

export interface ReadinessParts {
  readonly program: Pick<ProgramParts, 'checkDatabase' | 'checkLease'>;
  readonly messaging: Pick<Messaging, 'isConnected' | 'problem'>;
  /** Rejects with the reason while the core is not started. */
  readonly ready: () => Promise<void>;
}

export function readinessChecks({ program, messaging, ready }: ReadinessParts): readonly ReadinessCheck[] {
  return [
    { name: 'database', check: () => program.checkDatabase() },
    { name: 'lease', check: async () => program.checkLease() },
    {
      name: 'broker',
      check: async () => {
        const { isConnected, problem } = messaging;
        if (!isConnected) throw new Error(`the broker is not reached${problem === undefined ? '' : `: ${problem}`}`);
      },
    },
    { name: 'core', check: () => ready() },
  ];
}

/** All at once; one that does not answer within two seconds has failed. */
export function runChecks(checks: readonly ReadinessCheck[], clock: Pick<Clock, 'setTimeout'>): Promise<CheckResult[]> {
  return Promise.all(
    checks.map(async ({ name, check }): Promise<CheckResult> => {
      const done = check().then(
        () => null,
        (error: unknown) => (error as Error).message,
      );
      const late = `no answer within ${ANSWER_MILLISECONDS} ms`;
      const detail = await within(clock, ANSWER_MILLISECONDS, done);
      return detail === undefined ? { name, ok: false, detail: late } : { name, ok: detail === null, detail };
    }),
  );
}
