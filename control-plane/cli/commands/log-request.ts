/** What `logs` is asked for, from its options. */
import type { Session } from '../client/session.ts';
import { usage } from '../exit.ts';
import type { LogFilter, LogLevel, LogRef } from '../generated/operations.ts';
import { parseWhole } from '../numbers.ts';
import { parseTarget } from '../targets.ts';
import { parseTime } from '../times.ts';
import type { LogsCommandOptions } from './register-read.ts';

export interface LogRequest {
  readonly ref: LogRef;
  readonly filter: LogFilter;
  /** The last so many lines; absent: all. */
  readonly last: number | undefined;
}

const MOST_LINES = 100_000;
const DEFAULT_LINES = 100;
const LEVELS: readonly LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** Throws a usage error that names the option. */
export function readLogRequest(session: Session, target: string, options: LogsCommandOptions): LogRequest {
  const { application, alias } = parseTarget(target);
  if (alias !== undefined && options.alias !== undefined) throw usage('give APPLICATION/ALIAS or --alias, not both');
  if (options.grep === '' || options.regex === '') throw usage('--grep and --regex: expected a text');
  const { tail, since, until } = options;
  const now = session.io.now();
  const named = { alias: alias ?? options.alias, instance: options.instance, tenant: session.tenant };
  const lines = tail ?? (since === undefined ? String(DEFAULT_LINES) : undefined);
  return {
    ref: { application, ...defined(named) },
    filter: defined({
      stream: options.stream,
      text: options.grep,
      pattern: options.regex,
      level: options.level === undefined ? undefined : parseLevel(options.level),
      from: since === undefined ? undefined : parseTime(since, '--since', now),
      to: until === undefined ? undefined : parseTime(until, '--until', now),
    }),
    last: lines === undefined ? undefined : parseWhole(lines, '--tail', 0, MOST_LINES),
  };
}

function parseLevel(text: string): LogLevel {
  const level = LEVELS.find((candidate) => candidate === text.toUpperCase());
  if (level === undefined) throw usage(`--level: expected trace, debug, info, warn, error or fatal, got "${text}"`);
  return level;
}

/** Without what was not given. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
