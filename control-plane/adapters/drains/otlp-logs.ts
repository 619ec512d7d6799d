/** Entries of a log as an export request of OTLP (opentelemetry-proto 1, JSON encoding, ExportLogsServiceRequest). Pure. */
import type { LogLevel } from '../../../schema/mqtt/log.ts';
import type { LogOwner } from '../../app/ports/logs.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import { messageOf } from './describe-gap.ts';

/** SeverityNumber of the logs data model: the first of each range. */
const SEVERITIES: Readonly<Record<LogLevel, number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: string };
}

interface LogRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body: { readonly stringValue: string };
  readonly attributes: readonly Attribute[];
}

export interface ExportLogsRequest {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeLogs: readonly {
      readonly scope: { readonly name: string };
      readonly logRecords: readonly LogRecord[];
    }[];
  }[];
}

/** One resource for each instance, named by the semantic conventions for services. */
export function exportRequest(application: LogOwner, entries: readonly LogEntry[], now: number): ExportLogsRequest {
  const byInstance = new Map<string, LogEntry[]>();
  for (const entry of entries) {
    const key = `${entry.alias} ${entry.instance}`;
    const group = byInstance.get(key) ?? [];
    byInstance.set(key, group);
    group.push(entry);
  }
  return {
    resourceLogs: [...byInstance.values()].map((group) => ({
      resource: { attributes: resourceOf(application, group[0]!) },
      scopeLogs: [{ scope: { name: 'cartwright' }, logRecords: group.map((entry) => recordOf(entry, now)) }],
    })),
  };
}

function resourceOf({ tenant, name }: LogOwner, { alias, instance }: LogEntry): Attribute[] {
  return [
    text('service.namespace', name),
    text('service.name', alias ?? name),
    ...(instance === null ? [] : [text('service.instance.id', instance)]),
    text('cartwright.tenant', tenant),
  ];
}

function recordOf(entry: LogEntry, now: number): LogRecord {
  const level = entry.kind === 'gap' ? 'warn' : entry.level;
  const severity = level === null ? {} : { severityNumber: SEVERITIES[level], severityText: level.toUpperCase() };
  return {
    timeUnixNano: nanoseconds(entry.at ?? now),
    observedTimeUnixNano: nanoseconds(now),
    ...severity,
    body: { stringValue: messageOf(entry) },
    attributes: [
      ...(entry.kind === 'line' ? [text('log.iostream', entry.stream)] : [text('cartwright.gap.cause', entry.cause)]),
      { key: 'cartwright.sequence', value: { intValue: String(entry.sequence) } },
    ],
  };
}

/** 64-bit numbers are decimal texts in OTLP's JSON. */
function nanoseconds(milliseconds: number): string {
  return (BigInt(Math.round(milliseconds)) * 1_000_000n).toString();
}

function text(key: string, stringValue: string): Attribute {
  return { key, value: { stringValue } };
}
