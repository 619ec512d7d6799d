import { withoutTypename } from '../client/document.ts';
import { followSubscription, type Session } from '../client/session.ts';
import {
  FollowEvents,
  ListEvents,
  NewestEvent,
  type EventFieldsFragment,
  type FollowEventsSubscription,
} from '../generated/operations.ts';
import { say } from '../io.ts';
import type { Reference } from '../output/printer.ts';
import { NOTHING, brief, relative } from '../output/text.ts';
import { parseTarget } from '../targets.ts';
import { noun, type Scope } from './noun.ts';

const PAGE = 200;
/** Events of one component are looked for among all of its application: at most so many pages. */
const MOST_PAGES = 250;

/** What events are asked for. */
export interface EventScope {
  /** APPLICATION or APPLICATION/ALIAS; absent: all that the caller may see. */
  readonly application: string | undefined;
  /** Empty: all. */
  readonly types: readonly string[];
}

export interface EventList extends EventScope {
  /** The newest so many. */
  readonly limit: number;
  /** None before, in milliseconds since the epoch. */
  readonly from?: number | undefined;
}

/** The newest events of the scope, oldest first. */
export async function listEvents(session: Session, scope: EventList): Promise<EventFieldsFragment[]> {
  const { limit, from = Number.NEGATIVE_INFINITY } = scope;
  const { application, alias } = placeOf(scope);
  const types = scope.types.length === 0 ? undefined : [...scope.types];
  let kept: EventFieldsFragment[] = [];
  let before: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const last = alias === undefined ? Math.min(PAGE, limit - kept.length) : PAGE;
    const found: EventPage = await loadPage(session, { application, types, last, before });
    const events = found.edges.map((edge) => edge.node);
    const fitting = events.filter((event) => isOf(event, scope) && Date.parse(event.at) >= from);
    kept = [...fitting, ...kept].slice(-limit);
    before = found.pageInfo.startCursor;
    const isOver = events.some(({ at }) => Date.parse(at) < from);
    if (isOver || kept.length >= limit || !found.pageInfo.hasPreviousPage || before === null) return kept;
  }
  say(session.io, `only the newest ${MOST_PAGES * PAGE} events were looked at: choose with --type, or follow new ones`);
  return kept;
}

interface EventPage {
  readonly edges: readonly { readonly node: EventFieldsFragment }[];
  readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor: string | null };
}

async function loadPage(
  { client, tenant }: Session,
  which: {
    readonly application: string | undefined;
    readonly types: string[] | undefined;
    readonly last: number;
    readonly before: string | null;
  },
): Promise<EventPage> {
  return (await client.query(ListEvents, { tenant, ...which })).events;
}

function placeOf({ application }: EventScope): { readonly application?: string; readonly alias?: string | undefined } {
  return application === undefined ? {} : parseTarget(application);
}

/** Which application it belongs to is chosen by the control plane; which component and type, here. */
function isOf({ type, subject, data }: EventFieldsFragment, scope: EventScope): boolean {
  if (scope.types.length > 0 && !scope.types.includes(type)) return false;
  const { application, alias } = placeOf(scope);
  if (alias === undefined) return true;
  const name = `${application}/${alias}`;
  const cluster: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'cluster') : undefined;
  // There with the tenant before it.
  return subject.name === name || (typeof cluster === 'string' && cluster.endsWith(`/${name}`));
}

/** Sequence of the newest event of all that the caller may see; 0 where there is none. */
export async function newestSequence({ client, tenant }: Session): Promise<number> {
  const { events } = await client.query(NewestEvent, { tenant });
  return events.edges.at(-1)?.node.sequence ?? 0;
}

/** Events as they happen, each once and in order, behind the one with the sequence `after`; what is lost is said. */
export async function* followEvents(
  session: Session,
  { after, ...scope }: EventScope & { readonly after: number },
): AsyncGenerator<EventFieldsFragment, void, undefined> {
  const { application } = placeOf(scope);
  const answers = followSubscription(session, FollowEvents, (last) => ({
    tenant: session.tenant,
    application,
    after: last === undefined ? after : sequenceOf(last.events),
  }));
  for await (const { events: event } of answers) {
    if (event.__typename !== 'Gap') {
      if (isOf(event, scope)) yield withoutTypename(event);
    } else if (event.after > 0) {
      // Where no event was known none is missed.
      say(session.io, `events ${event.after + 1} to ${event.next - 1} are lost`);
    }
  }
}

function sequenceOf(item: FollowEventsSubscription['events']): number {
  return item.__typename === 'Gap' ? item.next - 1 : item.sequence;
}

export const eventReference: Reference<EventFieldsFragment> = ({ sequence }) => `event/${sequence}`;

/** A list goes on behind its last event; one without any, behind the newest that there is and with what came meanwhile. */
async function* follow(session: Session, scope: Scope, found: readonly EventFieldsFragment[]) {
  const known = found.at(-1)?.sequence ?? (await newestSequence(session));
  const missed = found.length > 0 ? [] : await listEvents(session, scope);
  yield* missed;
  yield* followEvents(session, { ...scope, after: Math.max(known, missed.at(-1)?.sequence ?? 0) });
}

export const events = noun<EventFieldsFragment>({
  plural: 'events',
  reference: eventReference,
  columns: [
    { title: 'SEQUENCE', value: ({ sequence }) => String(sequence) },
    { title: 'WHEN', value: ({ at }, now) => relative(at, now) },
    { title: 'TYPE', value: ({ type }) => type },
    { title: 'SUBJECT', value: ({ subject }) => `${subject.kind} ${subject.name}` },
    { title: 'DATA', value: ({ data }) => brief(JSON.stringify(data)) },
    { title: 'AT', value: ({ at }) => at, isWide: true },
    { title: 'TENANT', value: ({ tenant }) => tenant ?? NOTHING, isWide: true },
    { title: 'CAUSE', value: ({ cause }) => cause ?? NOTHING, isWide: true },
    { title: 'UID', value: ({ uid }) => uid, isWide: true },
  ],
  list: listEvents,
  async find(session, name, scope) {
    const found = await listEvents(session, { ...scope, limit: Number.MAX_SAFE_INTEGER });
    return found.find((event) => event.uid === name || String(event.sequence) === name);
  },
  follow,
});
