/** Log lines of instances into their application's log, with the places marked where lines are missing. */
import type { LogReport } from '../../../schema/mqtt/log.ts';
import type { NewLogEntry } from '../../domain/logs/entry.ts';
import { GapTally } from '../../domain/logs/gap-tally.ts';
import { levelOf } from '../../domain/logs/level.ts';
import type { LogProgress } from '../fleet/instance-state.ts';
import type { ApplicationLogs } from '../ports/logs.ts';
import type { Source } from './ingest.ts';
import { TokenBucket } from './token-bucket.ts';

/** An age is the agent's word; nothing is taken for older than a day. */
const OLDEST_MILLISECONDS = 24 * 3600 * 1000;
/** What a line costs besides its text. */
const LINE_BYTES = 64;
/** Seconds of the limit that a tenant may use at once. */
const BURST_SECONDS = 10;

export interface LogIngestOptions {
  readonly logs: ApplicationLogs;
  /** What all instances of a tenant together may write, on average. */
  readonly tenantBytesPerSecond: number;
  /** The broker goes on while the control plane is away: what it delivered meanwhile is lost. */
  readonly isBrokerOutside: boolean;
}

export class LogIngest {
  readonly #options: LogIngestOptions;
  readonly #tenants = new Map<string, TokenBucket>();
  #droppedLines = 0;

  constructor(options: LogIngestOptions) {
    this.#options = options;
  }

  /** Lines beyond the tenants' limits since the start (a metric). */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  take(source: Source, report: LogReport): void {
    const { instance, receivedAt } = source;
    const known = instance.log?.session === report.session ? instance.log : null;
    if (known !== null && report.sequence <= known.sequence) return;
    const { record } = instance;
    const entries = [
      ...this.#missingBefore(source, report, known),
      ...interleaved(report, source),
      ...droppedByOldAgent(source, report, known),
    ];
    instance.log = {
      session: report.session,
      sequence: report.sequence,
      lines: (report.offset ?? 0) + report.lines.length,
      dropped: report.dropped,
    };
    const kept = this.#limited(record.tenant, entries, receivedAt);
    this.#options.logs.append({ tenant: record.tenant, name: record.application }, kept);
  }

  /** What was lost on the way, and what was dropped by what was lost. */
  #missingBefore(source: Source, report: LogReport, known: LogProgress | null): NewLogEntry[] {
    if (known === null) {
      const isMarked = this.#options.isBrokerOutside && report.sequence > 1;
      return isMarked ? [gap(source, null, 'control-plane-away')] : [];
    }
    const entries: NewLogEntry[] = [];
    const lost = report.offset === undefined ? null : report.offset - known.lines;
    const isLost = lost === null ? report.sequence > known.sequence + 1 : lost > 0;
    if (isLost) entries.push(gap(source, lost, 'transit'));
    const untold = report.dropped - known.dropped - toldIn(report);
    if (report.gaps !== undefined && untold > 0) entries.push(gap(source, untold, 'agent'));
    return entries;
  }

  /** What a tenant writes beyond its limit is left out where it would stand. */
  #limited(tenant: string, entries: readonly NewLogEntry[], now: number): NewLogEntry[] {
    const bucket = this.#bucket(tenant, now);
    const left = new GapTally();
    const kept: NewLogEntry[] = [];
    for (const entry of entries) {
      const bytes = LINE_BYTES + (entry.kind === 'line' ? entry.text.length : 0);
      if (bucket.take(bytes, now)) kept.push(...left.take(), entry);
      else {
        left.note(entry, 'tenant-limit');
        if (entry.kind === 'line') this.#droppedLines += 1;
      }
    }
    return [...kept, ...left.take()];
  }

  #bucket(tenant: string, now: number): TokenBucket {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    const { tenantBytesPerSecond } = this.#options;
    const bucket = new TokenBucket(tenantBytesPerSecond, tenantBytesPerSecond * BURST_SECONDS, now);
    this.#tenants.set(tenant, bucket);
    return bucket;
  }
}

/** The lines of a report with its gaps where they belong. */
function interleaved(report: LogReport, from: Source): NewLogEntry[] {
  const { cluster, instance, receivedAt } = from;
  const { record } = instance;
  const gaps = [...(report.gaps ?? [])].sort((a, b) => a.before - b.before);
  const entries: NewLogEntry[] = [];
  const gapsUpTo = (index: number): void => {
    for (let next = gaps[0]; next !== undefined && next.before <= index; next = gaps[0]) {
      gaps.shift();
      entries.push(gap(from, next.lines, next.cause));
    }
  };
  for (const [index, line] of report.lines.entries()) {
    gapsUpTo(index);
    const at = receivedAt - Math.min(line.ageMilliseconds, OLDEST_MILLISECONDS);
    entries.push({
      kind: 'line',
      at,
      level: line.level ?? levelOf(line.text),
      alias: record.alias,
      instance: record.uid,
      release: cluster.releaseNumber(instance.releaseAt(at)),
      stream: line.stream,
      text: line.text,
    });
  }
  gapsUpTo(Infinity);
  return entries;
}

/** Agents before the gaps told only how many lines they had dropped. */
function droppedByOldAgent(source: Source, report: LogReport, known: LogProgress | null): NewLogEntry[] {
  if (report.gaps !== undefined) return [];
  const before = known?.dropped ?? (report.sequence <= 1 ? 0 : report.dropped);
  return report.dropped > before ? [gap(source, report.dropped - before, 'agent')] : [];
}

function toldIn(report: LogReport): number {
  return (report.gaps ?? []).reduce((sum, { lines }) => sum + lines, 0);
}

function gap(
  { instance, receivedAt }: Pick<Source, 'instance' | 'receivedAt'>,
  lines: number | null,
  cause: string,
): NewLogEntry {
  const { alias, uid } = instance.record;
  return { kind: 'gap', at: receivedAt, alias, instance: uid, lines, cause };
}
