/** Reading applications' logs for those who ask. */
import type { LogLine } from '../../domain/logs/entry.ts';
import { RequestError } from '../errors.ts';
import type { ApplicationLogs, LogFilter, LogOwner, LogQuery } from '../ports/logs.ts';

const LONGEST_TEXT = 1000;
const LONGEST_PATTERN = 500;
/** The end of a uid that still tells instances apart. */
const SHORTEST_INSTANCE = 4;

/** Throws `RequestError` INVALID that names the field. */
export function checkedFilter(filter: LogFilter): LogFilter {
  const { text, pattern, instance, release } = filter;
  if (text !== undefined && (text.length === 0 || text.length > LONGEST_TEXT))
    throw invalid('text', `expected a text of 1 to ${LONGEST_TEXT} characters`);
  if (pattern !== undefined && (pattern.length === 0 || pattern.length > LONGEST_PATTERN))
    throw invalid('pattern', `expected a regular expression of 1 to ${LONGEST_PATTERN} characters`);
  if (instance !== undefined && !(instance.length >= SHORTEST_INSTANCE && /^[a-z0-9-]+$/.test(instance)))
    throw invalid(
      'instance',
      `expected the uid of an instance, or at least the last ${SHORTEST_INSTANCE} letters of it`,
    );
  if (release !== undefined && !(Number.isSafeInteger(release) && release >= 1))
    throw invalid('release', 'expected the number of a release, 1 or more');
  checkTimes(filter);
  return filter;
}

function checkTimes({ from = -Infinity, to = Infinity }: LogFilter): void {
  if (from >= to) throw invalid('to', 'expected a time behind that of "from"');
}

function invalid(field: string, message: string): RequestError {
  return new RequestError('INVALID', `${field}: ${message}`, { field: `filter.${field}` });
}

/** Lines alone, however many pages it takes to find them. */
export async function readLines(
  logs: ApplicationLogs,
  application: LogOwner,
  options: { readonly filter: LogFilter; readonly limit: number } & (
    { readonly after: number } | { readonly last: number }
  ),
): Promise<LogLine[]> {
  const filter = checkedFilter(options.filter);
  const isForward = 'after' in options;
  const limit = isForward ? options.limit : Math.min(options.last, options.limit);
  let range: LogQuery['range'] | null = isForward ? { after: options.after } : { before: null };
  let lines: LogLine[] = [];
  while (range !== null && lines.length < limit) {
    const page = await logs.search(application, { filter, limit: limit - lines.length, range });
    const found = page.entries.filter((entry) => entry.kind === 'line');
    lines = isForward ? [...lines, ...found] : [...found, ...lines];
    range = page.next;
  }
  return lines;
}
