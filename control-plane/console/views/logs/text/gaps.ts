/** What is said where lines are missing: how many, why, and what to do about it. */
import type { Gap } from '../store/entry.ts';

interface Cause {
  readonly why: string;
  readonly advice: string | null;
}

/** docs/logs.md has the same table. */
const CAUSES: Readonly<Record<string, Cause>> = {
  'rate-limit': {
    why: 'the instance wrote more than it may',
    advice: 'Let it write less, or raise CARTWRIGHT_AGENT_LOG_LINES_PER_SECOND.',
  },
  'broker-away': { why: 'the agent had no broker for too long', advice: 'See to the broker.' },
  agent: { why: 'dropped by the agent', advice: null },
  transit: { why: 'lost between agent and control plane', advice: null },
  'control-plane-away': { why: 'the control plane was not there', advice: null },
  'tenant-limit': {
    why: 'all instances of the tenant together wrote more than they may',
    advice: 'Let them write less, or have an operator raise CARTWRIGHT_LOG_BYTES_PER_SECOND.',
  },
  'queue-full': {
    why: 'the control plane was slower than the lines came',
    advice: 'Have an operator look at its disk.',
  },
  'write-failed': { why: 'the control plane could not write them', advice: 'Have an operator look at its disk.' },
  'disk-low': { why: 'the control plane’s disk is nearly full', advice: 'Have an operator free some of it.' },
  'power-lost': { why: 'the control plane ended while it wrote', advice: null },
  removed: { why: 'too old, or too much, to be kept', advice: 'A drain sends the log to where it is kept for longer.' },
};

/** "1,234 lines are missing here: the instance wrote more than it may" */
export function gapText({ lines, cause }: Pick<Gap, 'lines' | 'cause'>): string {
  const why = CAUSES[cause]?.why ?? cause;
  if (lines === null) return `Lines are missing here, how many is not known: ${why}`;
  return `${count(lines, 'line')} ${lines === 1 ? 'is' : 'are'} missing here: ${why}`;
}

/** What to do; null: nothing, or not known. */
export function gapAdvice({ cause }: Pick<Gap, 'cause'>): string | null {
  return CAUSES[cause]?.advice ?? null;
}

/** "1 line", "1,234 lines" */
export function count(value: number, noun: string): string {
  return `${value.toLocaleString('en-US')} ${noun}${value === 1 ? '' : 's'}`;
}
