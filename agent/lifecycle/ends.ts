/** How one start of an application ended. */
import { explainKilledByKernel } from './explain.ts';
import type { Fault } from './faults.ts';
import type { Exit } from './process-group.ts';

const UNHEALTHY_GRACE_MILLISECONDS = 10_000;

export type End =
  | { readonly kind: 'exited'; readonly exit: Exit }
  | { readonly kind: 'given-up'; readonly fault: Fault; readonly graceMilliseconds?: 0 }
  | { readonly kind: 'stopped' };

/** Time for what is left to end in after SIGTERM, milliseconds. @param asked what whoever stops it gives */
export function graceOf(end: End, asked: number): number {
  if (end.kind === 'stopped') return asked;
  return end.kind === 'given-up' && end.graceMilliseconds === 0 ? 0 : UNHEALTHY_GRACE_MILLISECONDS;
}

/** Where the kernel holds an application to its declared memory. */
export interface HeldMemory {
  readonly group: {
    /** A process that was just started. */
    take(pid: number): void;
    /** Processes that the kernel has ended there for their memory, ever. */
    kills(): number;
  };
  readonly limitBytes: number;
}

/** An end that nobody asked for, with what the kernel says of it. @param before its kills when the application was started */
export function judgeEnd(end: End, memory: HeldMemory | undefined, before: number): End {
  if (!memory || end.kind !== 'exited' || memory.group.kills() <= before) return end;
  return { kind: 'given-up', fault: explainKilledByKernel(memory.limitBytes) };
}
