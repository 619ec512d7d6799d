/**
 * Reads how severe a line is from its text: from the field of a JSON line, from `level=…`, or from the word that the usual
 * formats put before the message. Only the beginning of a line is looked at, in time linear in it.
 */
import { LOG_LEVELS, type LogLevel } from '../../../schema/mqtt/log.ts';

/** Words for levels, lower case, as loggers of the common languages write them. */
const WORDS: Readonly<Record<string, LogLevel>> = {
  ...{ trace: 'trace', trc: 'trace', finest: 'trace', finer: 'trace', verbose: 'trace', silly: 'trace' },
  ...{ debug: 'debug', dbg: 'debug', fine: 'debug', deprecated: 'warn' },
  ...{ info: 'info', inf: 'info', information: 'info', informational: 'info', notice: 'info', config: 'info' },
  ...{ log: 'info', http: 'info', success: 'info', warn: 'warn', wrn: 'warn', warning: 'warn' },
  ...{ error: 'error', err: 'error', severe: 'error', failure: 'error', crit: 'fatal', critical: 'fatal' },
  ...{ fatal: 'fatal', ftl: 'fatal', alert: 'fatal', emerg: 'fatal', emergency: 'fatal', panic: 'fatal' },
};
/** Severities of syslog (RFC 5424, 6.2.1), 0 to 7. */
const SYSLOG: readonly LogLevel[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug'];
/** First letters of glog and klog. */
const GLOG: Readonly<Record<string, LogLevel>> = { I: 'info', W: 'warn', E: 'error', F: 'fatal' };

/** Fields of JSON lines, in the order in which they count. */
const FIELDS = ['level', 'severity', 'lvl', 'log.level', 'severity_text', 'severityText', 'levelname', 'loglevel'];

/** What is looked at of a line that is no JSON. */
const HEAD_CHARACTERS = 200;
/** Tokens before the message: date, time, thread, logger. */
const HEAD_TOKENS = 7;

const COLOUR = /\p{Cc}\[[\d;:]*m/gu;
const LOGFMT = /(?:^|[\s,])(?:level|lvl|severity|loglevel)=["']?([A-Za-z]{2,13}|\d{1,2})\b/;
const GLOG_HEAD = /^([IWEF])\d{4} \d{2}:\d{2}:\d{2}/;
const SD_DAEMON = /^<([0-7])>/;
const PHP = /^(?:\[[^\]]{1,60}\] )?PHP (Fatal error|Parse error|Warning|Notice|Deprecated):/;

/** Null when the text says nothing. */
export function levelOf(text: string): LogLevel | null {
  const start = text.trimStart();
  if (start.startsWith('{')) {
    const found = fromJson(start);
    if (found !== undefined) return found;
  }
  return fromHead(start.slice(0, HEAD_CHARACTERS).replace(COLOUR, ''));
}

export function isLogLevel(value: unknown): value is LogLevel {
  return LOG_LEVELS.includes(value as LogLevel);
}

/** Whether a line is at least as severe as asked; what says no level never is. */
export function isAtLeast(level: LogLevel | null, least: LogLevel): boolean {
  return level !== null && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

/** Undefined: no JSON object. */
function fromJson(text: string): LogLevel | null | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Text that merely begins with a brace, or a line that was cut.
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  for (const name of FIELDS) {
    if (!Object.hasOwn(fields, name)) continue;
    const level = fromValue(fields[name]);
    if (level !== null) return level;
  }
  const nested = Object.hasOwn(fields, 'log') ? fields.log : undefined;
  if (typeof nested !== 'object' || nested === null || !Object.hasOwn(nested, 'level')) return null;
  return fromValue((nested as { level?: unknown }).level);
}

function fromValue(value: unknown): LogLevel | null {
  if (typeof value === 'string') return word(value) ?? (/^\d{1,2}$/.test(value) ? fromNumber(Number(value)) : null);
  return typeof value === 'number' ? fromNumber(value) : null;
}

/** Up to 7 syslog's severities, from 10 on the tens of bunyan and pino. */
function fromNumber(value: number): LogLevel | null {
  if (!Number.isFinite(value) || value < 0) return null;
  if (value <= 7) return SYSLOG[Math.floor(value)] ?? null;
  if (value < 10) return null;
  return LOG_LEVELS[Math.min(LOG_LEVELS.length, Math.floor(value / 10)) - 1] ?? null;
}

function word(text: string): LogLevel | null {
  const key = text.trim().toLowerCase();
  return Object.hasOwn(WORDS, key) ? (WORDS[key] ?? null) : null;
}

function fromHead(head: string): LogLevel | null {
  const severity = SD_DAEMON.exec(head)?.[1];
  if (severity !== undefined) return SYSLOG[Number(severity)] ?? null;
  const letter = GLOG_HEAD.exec(head)?.[1];
  if (letter !== undefined) return GLOG[letter] ?? null;
  const php = PHP.exec(head)?.[1];
  if (php !== undefined) return php.endsWith('error') ? 'error' : word(php);
  const pair = LOGFMT.exec(head)?.[1];
  if (pair !== undefined) return fromValue(pair);
  return fromTokens(head);
}

/**
 * A word in capitals, in brackets, or first and followed by a colon or an exclamation mark. In small letters and alone it
 * may be part of a sentence ("error handling is on") and says nothing.
 */
function fromTokens(head: string): LogLevel | null {
  for (const [index, token] of head.split(/\s+/, HEAD_TOKENS).entries()) {
    const bracketed = /^[[(<](?:[\w.]+:)?([A-Za-z]{3,11})[\])>]:?$/.exec(token)?.[1];
    const capital = /^[*|]*([A-Z]{3,11})[:!|,\]]?(?:[:\]].*)?$/.exec(token)?.[1];
    const first = index <= 1 ? /^([A-Za-z]{3,11})[:!]$/.exec(token)?.[1] : undefined;
    // `TypeError:` and the like, as uncaught errors are printed.
    const named = index <= 1 ? /^(?:[A-Z]\w*)?(Error|Exception):$/.exec(token)?.[1] : undefined;
    if (named !== undefined) return 'error';
    const level = word(bracketed ?? capital ?? first ?? '');
    if (level !== null) return level;
  }
  return null;
}
