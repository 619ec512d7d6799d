/** `describe`: all about one thing, or several, once or until interrupted. */
import { afterChanges, answered, LEAST_GAP_MILLISECONDS, patiently } from '../client/changes.ts';
import { eachLive } from '../client/each-live.ts';
import type { Session } from '../client/session.ts';
import { notFound, usage } from '../exit.ts';
import {
  GetApplication,
  GetDecision,
  GetInstance,
  GetRelease,
  GetServiceCluster,
  WatchFigures,
  type GetApplicationQuery,
  type ServiceClusterRef,
} from '../generated/operations.ts';
import { loadNoun, pluralOf } from '../nouns/all.ts';
import { clusterReference } from '../nouns/clusters.ts';
import { decisionReference } from '../nouns/decisions.ts';
import { findHostCluster, hostClusterReference } from '../nouns/host-clusters.ts';
import { labelsOf } from '../nouns/labels.ts';
import { WHOLE_SCOPE, type AnyNoun, type Scope } from '../nouns/noun.ts';
import { findReleaseUid, releaseReference } from '../nouns/releases.ts';
import { steadyText } from '../output/changed-entries.ts';
import { changesInPlace, showInPlace } from '../output/live-view.ts';
import type { Reference } from '../output/printer.ts';
import { parseNamed } from '../references.ts';
import { noApplication, resolveTarget } from '../targets.ts';
import { find } from './get.ts';
import type { DescribeCommandOptions } from './register-read.ts';

/** A thing as it was found. */
interface Described<T> {
  readonly value: T;
  /** `now` in milliseconds since the epoch. */
  readonly text: (now: number) => string | Promise<string>;
  readonly reference: Reference<T>;
  /** Service clusters whose figures are shown, so that they are followed when it is watched. */
  readonly figuresOf: readonly ServiceClusterRef[];
}

/** Throws `CliError` (not found) for a name that there is not. */
type Describer = (session: Session, name: string, scope: Scope) => Promise<Described<unknown>>;

/** Those of which there is more to say than the fields of their noun; by plural. */
const DESCRIBERS: Readonly<Record<string, Describer>> = {
  async applications({ client, printer, tenant: own }, name) {
    const { application } = await client.query(GetApplication, { tenant: own, name });
    if (application === null) throw noApplication(name);
    const { describeApplication } = await import('../output/describe/application.ts');
    const { tenant, clusters } = application;
    return described(
      withLabels(application),
      (now) => describeApplication(printer, application, now),
      nameOf,
      clusters.map(({ alias }) => ({ tenant, application: name, alias })),
    );
  },
  async clusters(session, name) {
    const { client, printer } = session;
    const ref = await resolveTarget(session, name);
    const { serviceCluster } = await client.query(GetServiceCluster, { ref });
    if (serviceCluster === null) throw none('service cluster', name);
    const { describeCluster } = await import('../output/describe/cluster.ts');
    return described(serviceCluster, (now) => describeCluster(printer, serviceCluster, now), clusterReference, [ref]);
  },
  async instances({ client }, uid) {
    const { instance } = await client.query(GetInstance, { uid });
    if (instance === null) throw none('instance', uid);
    const { describeInstance } = await import('../output/describe/instance.ts');
    const { tenant, applicationName: application, alias, terminatedAt } = instance;
    return described(
      instance,
      (now) => describeInstance(instance, now),
      () => `instance/${uid}`,
      // What has ended has no figures any more.
      terminatedAt === null ? [{ tenant, application, alias }] : [],
    );
  },
  async releases(session, name, { application }) {
    const uid = await findReleaseUid(session, name, { application });
    const release = uid === undefined ? null : (await session.client.query(GetRelease, { uid })).release;
    if (release === null) throw none('release', name);
    const { describeRelease } = await import('../output/describe/release.ts');
    return described(release, (now) => describeRelease(release, now), releaseReference);
  },
  async decisions({ client }, uid) {
    const { decision } = await client.query(GetDecision, { uid });
    if (decision === null) throw none('decision', uid);
    const { describeDecision } = await import('../output/describe/decision.ts');
    return described(decision, (now) => describeDecision(decision, now), decisionReference);
  },
  async hostclusters(session, name) {
    const cluster = await findHostCluster(session, name);
    if (cluster === undefined) throw notFound(`there is no host cluster "${name}"; see "cartwright cluster get"`);
    const { describeHostCluster } = await import('../output/describe/host-cluster.ts');
    return described(cluster, (now) => describeHostCluster(cluster, now), hostClusterReference);
  },
};

/**
 * `words`: a kind and names, or `kind/name`, several if wanted. Throws a usage error for what is no kind, and `CliError` (not found)
 * for a name that there is not.
 */
export async function describe(
  session: Session,
  words: readonly string[],
  options: DescribeCommandOptions,
): Promise<void> {
  const { printer, io } = session;
  const scope = { ...WHOLE_SCOPE, includeTerminated: true, application: options.application };
  // A word that is no noun is told before a name is asked for.
  if (words.length === 1 && !words[0]!.includes('/')) await loadNoun(words[0]!);
  const named = parseNamed(words);
  const load = async (): Promise<readonly Described<unknown>[]> => {
    const found: Described<unknown>[] = [];
    for (const { kind, name } of named) found.push(await describedOf(session, kind, name, scope));
    return found;
  };
  if (options.watch === true) {
    if (printer.format === 'name') throw usage('-o name: what is watched is more than names; leave out --watch');
    return watch(session, load);
  }
  const found = await load();
  if (printer.format === 'json' || printer.format === 'yaml') return printer.value(valueOf(found));
  for (const [index, { value, text, reference }] of found.entries())
    await printer.one(value, async () => `${index === 0 ? '' : '\n'}${await text(io.now())}`, reference);
}

/** On a terminal in place; elsewhere all of it again each time that it has changed. */
async function watch(session: Session, load: () => Promise<readonly Described<unknown>[]>): Promise<void> {
  const { io, printer } = session;
  const states = statesOf(session, load);
  if (changesInPlace(session)) return showInPlace(session, states, (found) => textOf(found, io.now()));
  let shown: string | undefined;
  for await (const found of states) {
    const next = steadyText(valueOf(found));
    if (next === shown) continue;
    const text = printer.format === 'table' ? await textOf(found, io.now()) : '';
    const gap = shown === undefined ? '' : '\n';
    await printer.item(valueOf(found), () => `${gap}${text}`);
    shown = next;
  }
}

/** Looked at anew after each event and, where figures are shown, after each change of them. */
async function* statesOf(
  session: Session,
  load: () => Promise<readonly Described<unknown>[]>,
): AsyncGenerator<readonly Described<unknown>[]> {
  const first = await load();
  const figuresOf = first.flatMap((each) => each.figuresOf);
  if (figuresOf.length === 0) return yield* afterChanges(session, load);
  yield first;
  const signal = session.io.interrupted;
  const changes = eachLive(session, WatchFigures, async () => figuresOf, {
    pauseMilliseconds: LEAST_GAP_MILLISECONDS,
    signal,
  });
  yield* answered(changes, () => patiently(session, load, signal));
}

/** One thing as it is, several as a list. */
function valueOf(found: readonly Described<unknown>[]): unknown {
  const values = found.map(({ value }) => value);
  return values.length === 1 ? values[0] : values;
}

async function textOf(found: readonly Described<unknown>[], now: number): Promise<string> {
  return (await Promise.all(found.map(async ({ text }) => text(now)))).join('\n\n');
}

async function describedOf(session: Session, kind: string, name: string, scope: Scope): Promise<Described<unknown>> {
  const describer = DESCRIBERS[pluralOf(kind) ?? ''];
  return describer === undefined ? ofNoun(session, await loadNoun(kind), name, scope) : describer(session, name, scope);
}

function ofNoun(session: Session, noun: AnyNoun, name: string, scope: Scope): Promise<Described<unknown>> {
  return noun.use(async (known) => {
    const found = await find(session, known, name, scope);
    const { describeValue } = await import('../output/describe/value.ts');
    return described(found, (now) => describeValue(found as object, now), known.reference);
  });
}

function described<T>(
  value: T,
  text: Described<T>['text'],
  reference: Reference<T>,
  figuresOf: readonly ServiceClusterRef[] = [],
): Described<unknown> {
  return { value, text, reference: reference as Reference<unknown>, figuresOf };
}

type Application = NonNullable<GetApplicationQuery['application']>;

function withLabels(application: Application) {
  return { ...application, labels: labelsOf(application.manifest) };
}

function nameOf({ name }: Application): string {
  return `application/${name}`;
}

function none(what: string, name: string): Error {
  return notFound(`there is no ${what} "${name}"`);
}
