/** Log lines of an instance into its application's log. */
import type { LogReport } from '../../../schema/mqtt/log.ts';
import type { ApplicationLogs, NewLogLine } from '../ports/logs.ts';
import type { Source } from './ingest.ts';

/** An age is the agent's word; nothing is taken for older than a day. */
const OLDEST_MILLISECONDS = 24 * 3600 * 1000;

export function onLog(source: Source, report: LogReport, logs: ApplicationLogs): void {
  const { record } = source.instance;
  const lines: NewLogLine[] = report.lines.map((line) => ({
    at: source.receivedAt - Math.min(line.ageMilliseconds, OLDEST_MILLISECONDS),
    alias: record.alias,
    instance: record.uid,
    stream: line.stream,
    text: line.text,
  }));
  const before = source.instance.logDropped;
  if (report.dropped > before) {
    const text = `${report.dropped - before} lines were dropped here by the agent`;
    lines.push({ at: source.receivedAt, alias: record.alias, instance: record.uid, stream: 'cartwright', text });
  }
  source.instance.logDropped = report.dropped;
  logs.append({ tenant: record.tenant, name: record.application }, lines);
}
