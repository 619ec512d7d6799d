import { withoutTypename } from '../client/document.ts';
import { followSubscription, type Session } from '../client/session.ts';
import { FollowEvents, GetApplication, ListEvents, type EventFieldsFragment } from '../generated/operations.ts';
import { say } from '../io.ts';
import { NOTHING, brief, relative } from '../output/text.ts';
import { noApplication, parseTarget } from '../targets.ts';
import { noun, type Scope } from './noun.ts';

const PAGE = 200;
/** Events of one application are looked for among all of them: at most so many pages. */
const MOST_PAGES = 250;

/** The newest events of the scope, oldest first. */
async function list(session: Session, scope: Scope): Promise<EventFieldsFragment[]> {
  const subjects = await subjectUids(session, scope);
  const types = scope.types.length === 0 ? undefined : [...scope.types];
  let kept: EventFieldsFragment[] = [];
  let before: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const wanted = scope.limit - kept.length;
    const found: EventPage = await loadPage(session, types, before, subjects === undefined ? wanted : PAGE);
    const fitting = found.edges
      .map((edge) => edge.node)
      .filter((event) => subjects === undefined || subjects.has(event.subject.uid));
    kept = [...fitting, ...kept].slice(-scope.limit);
    before = found.pageInfo.startCursor;
    if (kept.length >= scope.limit || !found.pageInfo.hasPreviousPage || before === null) return kept;
  }
  say(
    session.io,
    `only the newest ${MOST_PAGES * PAGE} events were looked at: choose with --type, or follow with --watch`,
  );
  return kept;
}

interface EventPage {
  readonly edges: readonly { readonly node: EventFieldsFragment }[];
  readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor: string | null };
}

async function loadPage(
  session: Session,
  types: string[] | undefined,
  before: string | null,
  wanted: number,
): Promise<EventPage> {
  const { tenant } = session;
  const last = Math.min(PAGE, wanted);
  return (await session.client.query(ListEvents, { tenant, types, last, before })).events;
}

/** The uids of the application, or of the one service cluster, that the scope names. */
async function subjectUids(session: Session, scope: Scope): Promise<ReadonlySet<string> | undefined> {
  if (scope.application === undefined) return undefined;
  const { application: name, alias } = parseTarget(scope.application);
  const { application } = await session.client.query(GetApplication, { tenant: session.tenant, name });
  if (application === null) throw noApplication(name);
  const clusters = application.clusters.filter((cluster) => alias === undefined || cluster.alias === alias);
  return new Set([...(alias === undefined ? [application.uid] : []), ...clusters.map((cluster) => cluster.uid)]);
}

async function* follow(session: Session, scope: Scope, found: readonly EventFieldsFragment[]) {
  const after = found.at(-1);
  const subjects = await subjectUids(session, scope);
  const answers = followSubscription(session, FollowEvents, (last) => ({
    tenant: session.tenant,
    after:
      last === undefined
        ? after?.sequence
        : last.events.__typename === 'Gap'
          ? last.events.next - 1
          : last.events.sequence,
  }));
  for await (const { events: event } of answers) {
    if (event.__typename === 'Gap') {
      say(session.io, `events ${event.after + 1} to ${event.next - 1} are lost`);
    } else if (
      (scope.types.length === 0 || scope.types.includes(event.type)) &&
      (subjects?.has(event.subject.uid) ?? true)
    ) {
      yield withoutTypename(event);
    }
  }
}

export const events = noun<EventFieldsFragment>({
  plural: 'events',
  reference: ({ sequence }) => `event/${sequence}`,
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
  list,
  async find(session, name, scope) {
    const found = await list(session, { ...scope, limit: Number.MAX_SAFE_INTEGER });
    return found.find((event) => event.uid === name || String(event.sequence) === name);
  },
  follow,
});
