/** `events`: what happened, a line an event. */
import type { Session } from '../client/session.ts';
import { noApplication, parseTarget } from '../targets.ts';
import { ListAliases, type EventFieldsFragment } from '../generated/operations.ts';
import { say } from '../io.ts';
import { eventReference, followEvents, listEvents, newestSequence, type EventList } from '../nouns/events.ts';
import { parseLimit } from '../numbers.ts';
import { eventLine } from '../output/events.ts';
import { parseTime } from '../times.ts';
import type { EventsCommandOptions } from './register-read.ts';

export async function events(session: Session, options: EventsCommandOptions): Promise<void> {
  const { printer } = session;
  const list = listOf(session, options);
  // Known before the list, so that what comes meanwhile is neither shown twice nor left out.
  const known = options.follow === true ? await newestSequence(session) : undefined;
  const found = await listEvents(session, list);
  if (found.length === 0) await requireApplication(session, list);
  if (known === undefined) {
    if (printer.format === 'json' || printer.format === 'yaml') return printer.value(found);
    if (found.length === 0) return say(session.io, 'nothing happened that fits');
  }
  for (const event of found) await print(session, event);
  if (known === undefined) return;
  const after = Math.max(known, found.at(-1)?.sequence ?? 0);
  for await (const event of followEvents(session, { ...list, after })) await print(session, event);
}

/** Throws a usage error that names the option. */
function listOf({ io }: Session, { application, type: types = [], since, limit }: EventsCommandOptions): EventList {
  const from = since === undefined ? undefined : Date.parse(parseTime(since, '--since', io.now()));
  return { application, types, limit: parseLimit(limit), from };
}

async function print({ printer }: Session, event: EventFieldsFragment): Promise<void> {
  await printer.item(event, () => printer.fitted(eventLine(event)), eventReference);
}

/** Silence might be a mistyped name. Throws `CliError` (not found) where there is no such application, and no event of one. */
async function requireApplication(session: Session, { application: target }: EventList): Promise<void> {
  if (target === undefined) return;
  const { application: name } = parseTarget(target);
  const { application } = await session.client.query(ListAliases, { tenant: session.tenant, name });
  if (application === null) throw noApplication(name);
}
