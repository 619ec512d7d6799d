/** `logs`. */
import { withoutTypename } from '../client/document.ts';
import { followSubscription, type Session } from '../client/session.ts';
import { FollowLogs, ReadLogs, type LogLineFieldsFragment, type LogRef } from '../generated/operations.ts';
import { say } from '../io.ts';
import { parseWhole } from '../numbers.ts';
import { printable, short } from '../output/text.ts';
import { parseTarget } from '../targets.ts';
import { usage } from '../exit.ts';
import type { LogsCommandOptions } from './register-read.ts';

const MOST_LINES = 1000;

export async function logs(session: Session, target: string, options: LogsCommandOptions): Promise<void> {
  const { application, alias } = parseTarget(target);
  if (alias !== undefined && options.alias !== undefined) throw usage('give APPLICATION/ALIAS or --alias, not both');
  const tail = parseWhole(options.tail, '--tail', 0, MOST_LINES);
  const ref = logRef(session, application, { ...options, alias: alias ?? options.alias });
  // With --tail 0 the last line is asked for only to know where to go on.
  const { logs: lines } = await session.client.query(ReadLogs, { ref, last: Math.max(1, tail) });
  const line = lineOf(session, options.instance === undefined);
  if (tail > 0) for (const item of lines) await session.printer.item(item, () => line(item));
  if (options.follow !== true) return;

  let known = lines.at(-1)?.sequence ?? 0;
  for await (const { logs: item } of followSubscription(session, FollowLogs, () => ({ ref, after: known }))) {
    if (item.__typename === 'Gap') {
      say(session.io, `lines ${item.after + 1} to ${item.next - 1} are lost`);
      known = item.next - 1;
      continue;
    }
    known = item.sequence;
    await session.printer.item(withoutTypename(item), () => line(item));
  }
}

/** The last lines of an application's log, as text. */
export async function lastLines(session: Session, application: string, alias: string, last: number): Promise<string[]> {
  const ref = logRef(session, application, { alias });
  const { logs: lines } = await session.client.query(ReadLogs, { ref, last });
  return lines.map(lineOf(session, true));
}

function logRef(
  session: Session,
  application: string,
  { alias, instance }: { readonly alias?: string | undefined; readonly instance?: string | undefined },
): LogRef {
  const { tenant } = session;
  return {
    application,
    ...(alias === undefined ? {} : { alias }),
    ...(instance === undefined ? {} : { instance }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}

/** On a terminal, control characters are made visible; a file or a program gets the line as it was written. */
function lineOf(session: Session, isNamed: boolean): (line: LogLineFieldsFragment) => string {
  const { isTerminal } = session.io.stdout;
  return ({ alias, instance, text }) => {
    const shown = isTerminal ? printable(text) : text;
    return isNamed ? `${alias}/${short(instance)} ${shown}` : shown;
  };
}
