/** `describe`: all about one thing, once or until interrupted. */
import { afterChanges, answered, LEAST_GAP_MILLISECONDS, patiently } from '../client/changes.ts';
import { eachLive } from '../client/each-live.ts';
import type { Session } from '../client/session.ts';
import { notFound } from '../exit.ts';
import {
  GetApplication,
  GetDecision,
  GetInstance,
  GetRelease,
  GetServiceCluster,
  WatchFigures,
  type ServiceClusterRef,
} from '../generated/operations.ts';
import { print } from '../io.ts';
import { loadNoun, pluralOf } from '../nouns/all.ts';
import { findReleaseUid } from '../nouns/releases.ts';
import { steadyText } from '../output/changed-entries.ts';
import { describeAny } from '../output/describe/any.ts';
import { describeApplication } from '../output/describe/application.ts';
import { describeCluster } from '../output/describe/cluster.ts';
import { describeDecision } from '../output/describe/decision.ts';
import { describeInstance } from '../output/describe/instance.ts';
import { describeRelease } from '../output/describe/release.ts';
import { changesInPlace, showInPlace } from '../output/live-view.ts';
import { noApplication, resolveTarget } from '../targets.ts';
import type { DescribeCommandOptions } from './register-read.ts';

/** A thing as it was found. */
interface Described {
  readonly value: unknown;
  /** `now` in milliseconds since the epoch. */
  readonly text: (now: number) => string | Promise<string>;
  /** Service clusters whose figures are shown, so that they are followed when it is watched. */
  readonly figuresOf?: readonly ServiceClusterRef[];
}

/** Throws `CliError` (not found) for a name that there is not. */
type Describer = (session: Session, name: string, options: DescribeCommandOptions) => Promise<Described>;

/** Nouns of which more is told than of others. */
const DESCRIBERS: Readonly<Record<string, Describer>> = {
  async applications({ client, printer, tenant }, name) {
    const { application } = await client.query(GetApplication, { tenant, name });
    if (application === null) throw noApplication(name);
    return {
      value: application,
      text: (now) => describeApplication(printer, application, now),
      figuresOf: application.clusters.map(({ alias }) => ({ tenant: application.tenant, application: name, alias })),
    };
  },
  async clusters(session, name) {
    const { client, printer } = session;
    const ref = await resolveTarget(session, name);
    const { serviceCluster } = await client.query(GetServiceCluster, { ref });
    if (serviceCluster === null) throw none('service cluster', name);
    return {
      value: serviceCluster,
      text: (now) => describeCluster(printer, serviceCluster, now),
      figuresOf: [ref],
    };
  },
  async instances({ client }, uid) {
    const { instance } = await client.query(GetInstance, { uid });
    if (instance === null) throw none('instance', uid);
    const { tenant, applicationName: application, alias } = instance;
    return {
      value: instance,
      text: (now) => describeInstance(instance, now),
      // What has ended has no figures any more.
      figuresOf: instance.terminatedAt === null ? [{ tenant, application, alias }] : [],
    };
  },
  async releases(session, name, options) {
    const uid = await findReleaseUid(session, name, { application: options.application });
    const release = uid === undefined ? null : (await session.client.query(GetRelease, { uid })).release;
    if (release === null) throw none('release', name);
    return { value: release, text: (now) => describeRelease(release, now) };
  },
  async decisions({ client }, uid) {
    const { decision } = await client.query(GetDecision, { uid });
    if (decision === null) throw none('decision', uid);
    return { value: decision, text: (now) => describeDecision(decision, now) };
  },
};

/** Throws a usage error for a kind that there is not, and `CliError` (not found) for a name that there is not. */
export async function describeOne(
  session: Session,
  kind: string,
  name: string,
  options: DescribeCommandOptions,
): Promise<void> {
  const plural = pluralOf(kind);
  const describer = Object.hasOwn(DESCRIBERS, plural) ? DESCRIBERS[plural]! : await describerOfNoun(kind);
  const load = (): Promise<Described> => describer(session, name, options);
  if (options.watch === true) return watch(session, load);
  const { value, text } = await load();
  await session.printer.one(value, () => text(session.io.now()));
}

async function describerOfNoun(kind: string): Promise<Describer> {
  const chosen = await loadNoun(kind);
  return chosen.use((noun) => async (session, name, options) => {
    const found = await noun.find(session, name, {
      application: options.application,
      limit: Number.MAX_SAFE_INTEGER,
      includeTerminated: false,
      actionsOnly: false,
      types: [],
    });
    if (found === undefined) throw notFound(`there is no "${name}" among the ${noun.plural}`);
    return { value: found, text: (now) => describeAny(noun, found, now) };
  });
}

/** On a terminal in place; elsewhere all of it again each time that it has changed. */
async function watch(session: Session, load: () => Promise<Described>): Promise<void> {
  const { io, printer } = session;
  const states = described(session, load);
  if (changesInPlace(session)) return showInPlace(session, states, ({ text }) => text(io.now()));
  let shown: string | undefined;
  for await (const { value, text } of states) {
    const next = steadyText(value);
    if (next === shown) continue;
    if (shown !== undefined && printer.format === 'table') print(io, '');
    if (printer.format === 'table') print(io, await text(io.now()));
    else await printer.item(value, () => '');
    shown = next;
  }
}

/** Looked at anew after each event and, where figures are shown, after each change of them. */
async function* described(session: Session, load: () => Promise<Described>): AsyncGenerator<Described> {
  const first = await load();
  const { figuresOf = [] } = first;
  if (figuresOf.length === 0) return yield* afterChanges(session, load);
  yield first;
  const signal = session.io.interrupted;
  const changes = eachLive(session, WatchFigures, async () => figuresOf, {
    pauseMilliseconds: LEAST_GAP_MILLISECONDS,
    signal,
  });
  yield* answered(changes, () => patiently(session, load, signal));
}

function none(what: string, name: string): Error {
  return notFound(`there is no ${what} "${name}"`);
}
