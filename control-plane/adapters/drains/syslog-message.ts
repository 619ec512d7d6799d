/** Entries of a log as syslog messages (RFC 5424). Pure. */
import type { LogLevel } from '../../../schema/mqtt/log.ts';
import type { LogOwner } from '../../app/ports/logs.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import { messageOf } from './describe-gap.ts';

/** local0 */
const FACILITY = 16;
const SEVERITIES: Readonly<Record<LogLevel, number>> = { trace: 7, debug: 7, info: 6, warn: 4, error: 3, fatal: 2 };
const INFORMATIONAL = 6;
const WARNING = 4;
/** The number for documentation and examples (RFC 5612): the project has none of its own. */
const ENTERPRISE = 32473;

/**
 * One message without framing: HOSTNAME is the instance, APP-NAME application.alias, PROCID the end of the instance's uid, MSGID
 * the stream. The text is UTF-8 without a byte order mark, which most receivers would show.
 */
export function syslogMessage({ tenant, name }: LogOwner, entry: LogEntry, now: number): string {
  const { alias, instance } = entry;
  const severity = entry.kind === 'gap' ? WARNING : entry.level === null ? INFORMATIONAL : SEVERITIES[entry.level];
  const time = new Date(entry.at ?? now).toISOString();
  const header = [
    `<${FACILITY * 8 + severity}>1`,
    time,
    field(instance, 255),
    field(alias === null ? name : `${name}.${alias}`, 48),
    field(instance?.slice(-6) ?? null, 128),
    field(entry.kind === 'line' ? entry.stream : 'platform', 32),
  ].join(' ');
  const parameters = { tenant, application: name, alias, instance, sequence: String(entry.sequence) };
  const data = Object.entries(parameters).map(([key, value]) => (value === null ? '' : ` ${key}="${escaped(value)}"`));
  return `${header} [cartwright@${ENTERPRISE}${data.join('')}] ${messageOf(entry)}`;
}

/** With octet counting (RFC 6587, 3.4.1; RFC 5425, 4.3): any text is one message, whatever is in it. */
export function framed(message: string): Buffer {
  const body = Buffer.from(message);
  return Buffer.concat([Buffer.from(`${body.length} `), body]);
}

/** Bytes of a datagram; what is longer is cut at a character. */
export function datagram(message: string, mostBytes: number): Buffer {
  const body = Buffer.from(message);
  if (body.length <= mostBytes) return body;
  let end = mostBytes;
  while (end > 0 && ((body[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return body.subarray(0, end);
}

/** Printable ASCII of a bounded length, or nothing (RFC 5424, 6.2). */
function field(value: string | null, most: number): string {
  const text = (value ?? '').replace(/[^\x21-\x7e]/g, '_').slice(0, most);
  return text === '' ? '-' : text;
}

/** RFC 5424, 6.3.3. */
function escaped(value: string): string {
  return value.replace(/["\\\]]/g, '\\$&');
}
