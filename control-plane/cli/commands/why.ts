/** `why`: the chain that led to an instance, or to a service cluster's number of instances: decision, place, object, events, now. */
import type { Session } from '../client/session.ts';
import { notFound } from '../exit.ts';
import {
  ListEvents,
  WhyCluster,
  WhyDecision,
  WhyInstance,
  type DecisionFieldsFragment,
  type EventFieldsFragment,
  type WhyInstanceQuery,
} from '../generated/operations.ts';
import { reasonOf, textIn } from '../output/events.ts';
import { brief, relative, short, word } from '../output/text.ts';
import { resolveTarget } from '../targets.ts';
import { partitionTable } from './plan.ts';

/** Newest so many of one thing. */
const EVENTS = 50;
const LONGEST = 400;
const LABEL_WIDTH = 'placement  '.length;

type Instance = NonNullable<WhyInstanceQuery['instance']>;

/** `what`: the uid of an instance, or APPLICATION[/ALIAS]. */
export async function why(session: Session, what: string): Promise<void> {
  const { instance } = what.includes('/') ? { instance: null } : await session.client.query(WhyInstance, { uid: what });
  if (instance !== null) return whyInstance(session, instance);
  if (isUid(what)) throw notFound(`there is no instance "${what}"; see "cartwright get instances --all"`);
  await whyCluster(session, what);
}

async function whyInstance(session: Session, instance: Instance): Promise<void> {
  const { printer, io } = session;
  const decision = instance.cause === null ? null : await decisionOf(session, instance.cause);
  const events = await eventsOf(session, instance.tenant, instance.uid);
  const created = events.find(({ type }) => type === 'instance.created');
  const reason = created && textIn(created, 'why');
  const { placement, observed, cause } = instance;
  await printer.one({ decision, placement, why: reason ?? null, observed, events, instance }, () => {
    const at = placement === null ? 'not known' : `${placement.partition} on ${placement.hostCluster}`;
    const objects = (observed?.objects ?? []).map(
      ({ kind, name, detail }) => `${kind} ${name}${detail === null ? '' : `: ${detail}`}`,
    );
    return [
      `Instance ${instance.uid} of ${instance.applicationName}/${instance.alias}`,
      step('decision', decisionText(decision, cause)),
      step('placement', reason === undefined ? at : `${at}: ${reason}`),
      ...(objects.length === 0 ? ['none is known'] : objects).map((object) => step('object', object)),
      ...events.map((event) => step('event', eventText(event))),
      step('now', nowText(instance, io.now())),
    ].join('\n');
  });
}

async function whyCluster(session: Session, target: string): Promise<void> {
  const { printer, io } = session;
  const ref = await resolveTarget(session, target);
  const { serviceCluster } = await session.client.query(WhyCluster, { ref });
  if (serviceCluster === null) throw notFound(`there is no service cluster "${target}"`);
  const { uid, tenant, applicationName, alias, wanted, placement, stopped } = serviceCluster;
  const [action, last] = [serviceCluster.actions, serviceCluster.decisions].map(({ edges }) => edges[0]?.node ?? null);
  const instances = serviceCluster.instances.edges.map(({ node }) => node);
  const events = await eventsOf(session, tenant, uid);
  await printer.one({ ...serviceCluster, events }, async () => {
    const isOther = last !== null && last !== undefined && last.uid !== action?.uid;
    return [
      `${applicationName}/${alias}: ${wanted} ${wanted === 1 ? 'instance is' : 'instances are'} wanted`,
      ...(stopped === null ? [] : [step('stopped', `${stopped.since}  by ${stopped.by}: ${stopped.reason}`)]),
      step('decision', decisionText(action ?? null, null)),
      ...(isOther ? [step('', decisionText(last, null))] : []),
      await partitionTable(printer, placement),
      ...events.map((event) => step('event', eventText(event))),
      ...instances.map((instance) => {
        const at = instance.placement;
        const where = at === null ? '' : ` ${at.partition} on ${at.hostCluster},`;
        return step('now', `${short(instance.uid)}${where} ${nowText(instance, io.now())}`);
      }),
    ].join('\n');
  });
}

/** One link of the chain, on one line. */
function step(label: string, text: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${brief(text, LONGEST)}`;
}

async function decisionOf(session: Session, uid: string): Promise<DecisionFieldsFragment | null> {
  return (await session.client.query(WhyDecision, { uid })).decision;
}

/** Oldest first. */
async function eventsOf(session: Session, tenant: string, subjectUid: string): Promise<EventFieldsFragment[]> {
  const { events } = await session.client.query(ListEvents, { tenant, subjectUid, last: EVENTS });
  return events.edges.map(({ node }) => node);
}

function decisionText(decision: DecisionFieldsFragment | null, cause: string | null): string {
  if (decision !== null) return `${decision.at}  ${decision.sentence} (${decision.uid})`;
  return cause === null ? 'none: nothing was decided for it' : `none that is kept: it was asked for by ${cause}`;
}

function eventText(event: EventFieldsFragment): string {
  const said = reasonOf(event);
  return `${event.at}  ${event.type}${said === undefined ? '' : `: ${said}`}`;
}

function nowText(
  instance: Pick<Instance, 'state' | 'unreachable' | 'reason' | 'createdAt'> & Partial<Pick<Instance, 'observed'>>,
  now: number,
): string {
  const { state, unreachable, reason, createdAt, observed } = instance;
  const problem = observed?.problem ?? null;
  return [
    `${word(state)}${unreachable ? ', unreachable' : ''}, created ${relative(createdAt, now)}`,
    ...(reason === null ? [] : [`${reason.code}: ${reason.message}`]),
    ...(problem === null || problem.code === reason?.code ? [] : [`${problem.code}: ${problem.message}`]),
    ...(observed?.detail ? [observed.detail] : []),
  ].join('; ');
}

/** As uids are written, in any case; no name of an application is as long. */
function isUid(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{26}$/i.test(text);
}
