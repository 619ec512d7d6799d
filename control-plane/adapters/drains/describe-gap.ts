/** A gap as a message for receivers that know only messages. */
import type { LogEntry, LogGap } from '../../domain/logs/entry.ts';

export function messageOf(entry: LogEntry): string {
  return entry.kind === 'line' ? entry.text : gapMessage(entry);
}

function gapMessage({ lines, cause }: LogGap): string {
  const what = lines === null ? 'lines are missing' : lines === 1 ? '1 line dropped' : `${lines} lines dropped`;
  return `${what} here (${cause})`;
}
