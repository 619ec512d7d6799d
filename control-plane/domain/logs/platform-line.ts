/** What the platform says of an instance in the log of its application. Pure. */
import type { LogLevel } from '../../../schema/mqtt/log.ts';
import type { NewLogLine } from './entry.ts';

/** Stream of the control plane's own lines. */
const STREAM = 'platform';

/** Of an instance, as much as is told. */
export interface InstanceSeen {
  readonly uid: string;
  readonly alias: string;
  readonly state: string;
  readonly unreachable: boolean;
  readonly reason: { readonly code: string; readonly message: string } | null;
}

/** The lines that a change is worth, oldest first. @param before null: the instance was just made */
export function platformLines(before: InstanceSeen | null, after: InstanceSeen, now: number): NewLogLine[] {
  const lines: NewLogLine[] = [];
  const say = (level: LogLevel, text: string): void => {
    const { alias, uid } = after;
    lines.push({ kind: 'line', at: now, level, alias, instance: uid, release: null, stream: STREAM, text });
  };
  if (before === null || before.state !== after.state || isNews(before, after)) {
    const why = after.reason === null ? '' : `: ${after.reason.code}: ${inOneLine(after.reason.message)}`;
    say(levelOf(after), `${after.state}${why}`);
  }
  if (before !== null && before.unreachable !== after.unreachable && after.state !== 'terminated') {
    if (after.unreachable) say('warn', 'unreachable: nothing is heard of its agent');
    else say('info', 'reachable again');
  }
  return lines;
}

/** Another reason for the same state. */
function isNews(before: InstanceSeen, after: InstanceSeen): boolean {
  return (
    after.reason !== null &&
    (before.reason?.code !== after.reason.code || before.reason.message !== after.reason.message)
  );
}

function levelOf({ state, reason }: InstanceSeen): LogLevel {
  if (state === 'faulty') return 'error';
  return state === 'starting' && reason !== null ? 'warn' : 'info';
}

function inOneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' | ');
}
