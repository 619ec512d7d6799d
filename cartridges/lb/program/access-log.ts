/** The access log: a line for each request, as a JSON object or in the combined format of the older web servers. */
import type { IncomingMessage } from 'node:http';
import type { AccessLogFormat } from '../../../schema/mqtt/load-balancer-settings.ts';

/** Longest text that a client says of itself. */
const MOST_SAID = 300;

export interface AccessRecord {
  readonly requestId: string;
  readonly alias: string | undefined;
  readonly instance: string | undefined;
  readonly client: string | undefined;
  /** Empty, as are host, URL and version, where the message could not be read. */
  readonly method: string;
  readonly host: string;
  readonly url: string;
  /** Of HTTP, such as 1.1. */
  readonly version: string;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
  /** What the client got; 499: it did not wait. */
  readonly status: number;
  /** `completed`, or why not. */
  readonly outcome: string;
  readonly error: string | undefined;
  readonly retries: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the request's arrival to its end. */
  readonly seconds: number;
}

export class AccessLog {
  readonly #write: (line: string) => void;
  #format: AccessLogFormat;

  constructor(write: (line: string) => void, format: AccessLogFormat) {
    this.#write = write;
    this.#format = format;
  }

  change(format: AccessLogFormat): void {
    this.#format = format;
  }

  /** Where there is no log, nothing is made for it. */
  log(record: () => AccessRecord): void {
    if (this.#format === 'none') return;
    this.#write(LINES[this.#format](record(), new Date()));
  }
}

/** What is known of a request however it ended. */
export function recordOf(
  of: Pick<AccessRecord, 'requestId' | 'alias' | 'client' | 'host' | 'url'>,
  { method, httpVersion, headers }: Pick<IncomingMessage, 'method' | 'httpVersion' | 'headers'>,
  end: { readonly status: number; readonly outcome: string; readonly error?: Error | undefined },
) {
  const { requestId, alias, client, host, url } = of;
  const { status, outcome, error } = end;
  const said = { version: httpVersion, referer: headers.referer, userAgent: headers['user-agent'] };
  return { requestId, alias, client, method: method ?? '', host, url, ...said, status, outcome, error: error?.message };
}

const LINES = { json: jsonLine, combined: combinedLine } as const;

export function jsonLine(record: AccessRecord, time: Date): string {
  const { url, ...rest } = record;
  const line = {
    ...{ time: time.toISOString(), ...rest, ...claimsOf(record), path: withoutQuery(url) },
    seconds: Number(record.seconds.toFixed(6)),
  };
  return `${JSON.stringify(line)}\n`;
}

/** Client, time, request line, status, bytes of the body, referer, program; what is not known is a hyphen. */
export function combinedLine(record: AccessRecord, time: Date): string {
  const { client, method, url, version, status, bytesOut } = record;
  const { referer, userAgent } = claimsOf(record);
  const request = method === '' ? '' : `${method} ${withoutQuery(url)} HTTP/${version}`;
  const bytes = bytesOut === 0 ? '-' : String(bytesOut);
  const said = `${quoted(referer)} ${quoted(userAgent)}`;
  return `${client ?? '-'} - - [${timeOf(time)}] ${quoted(request)} ${status} ${bytes} ${said}\n`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function timeOf(time: Date): string {
  const [date, clock] = time.toISOString().split(/[T.]/) as [string, string];
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000`;
}

/** Nothing that a client says ends the quotes or the line, or steers a terminal. */
function quoted(text: string | undefined): string {
  if (text === undefined || text === '') return '"-"';
  const escaped = text.replace(
    /["\\]|[^\x20-\x7e]/g,
    (character) => `\\x${(character.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}

/** What the client says of itself. */
function claimsOf({ referer, userAgent }: AccessRecord): Pick<AccessRecord, 'referer' | 'userAgent'> {
  return { referer: referer && withoutQuery(referer).slice(0, MOST_SAID), userAgent: userAgent?.slice(0, MOST_SAID) };
}

/** Queries carry tokens often enough: only the path is logged. */
function withoutQuery(url: string): string {
  return url.split('?', 1)[0]!;
}
