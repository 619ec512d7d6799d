/** `describe`: all about one thing, or several. */
import type { Session } from '../client/session.ts';
import { notFound } from '../exit.ts';
import {
  GetApplication,
  GetDecision,
  GetInstance,
  GetRelease,
  GetServiceCluster,
  type GetApplicationQuery,
} from '../generated/operations.ts';
import { loadNoun, pluralOf } from '../nouns/all.ts';
import { clusterReference } from '../nouns/clusters.ts';
import { decisionReference } from '../nouns/decisions.ts';
import { findHostCluster, hostClusterReference } from '../nouns/host-clusters.ts';
import { labelsOf } from '../nouns/labels.ts';
import { WHOLE_SCOPE, type AnyNoun, type Scope } from '../nouns/noun.ts';
import { findReleaseUid, releaseReference } from '../nouns/releases.ts';
import type { Reference } from '../output/printer.ts';
import { parseNamed } from '../references.ts';
import { noApplication, resolveTarget } from '../targets.ts';
import { find } from './get.ts';

interface Described<T> {
  readonly value: T;
  readonly text: () => string | Promise<string>;
  readonly reference: Reference<T>;
}

type Describer = (session: Session, name: string, scope: Scope) => Promise<Described<unknown>>;

/** Those of which there is more to say than the fields of their noun; by plural. */
const DESCRIBERS: Readonly<Record<string, Describer>> = {
  async applications({ client, printer, io, tenant }, name) {
    const { application } = await client.query(GetApplication, { tenant, name });
    if (application === null) throw noApplication(name);
    const { describeApplication } = await import('../output/describe/application.ts');
    return described(withLabels(application), () => describeApplication(printer, application, io.now()), nameOf);
  },
  async clusters(session, name) {
    const { client, printer, io } = session;
    const ref = await resolveTarget(session, name);
    const { serviceCluster } = await client.query(GetServiceCluster, { ref });
    if (serviceCluster === null) throw none('service cluster', name);
    const { describeCluster } = await import('../output/describe/cluster.ts');
    return described(serviceCluster, () => describeCluster(printer, serviceCluster, io.now()), clusterReference);
  },
  async instances({ client, io }, uid) {
    const { instance } = await client.query(GetInstance, { uid });
    if (instance === null) throw none('instance', uid);
    const { describeInstance } = await import('../output/describe/instance.ts');
    return described(
      instance,
      () => describeInstance(instance, io.now()),
      () => `instance/${uid}`,
    );
  },
  async releases(session, name, { application }) {
    const { client, io } = session;
    const uid = await findReleaseUid(session, name, { application });
    const release = uid === undefined ? null : (await client.query(GetRelease, { uid })).release;
    if (release === null) throw none('release', name);
    const { describeRelease } = await import('../output/describe/release.ts');
    return described(release, () => describeRelease(release, io.now()), releaseReference);
  },
  async decisions({ client, io }, uid) {
    const { decision } = await client.query(GetDecision, { uid });
    if (decision === null) throw none('decision', uid);
    const { describeDecision } = await import('../output/describe/decision.ts');
    return described(decision, () => describeDecision(decision, io.now()), decisionReference);
  },
  async hostclusters(session, name) {
    const cluster = await findHostCluster(session, name);
    if (cluster === undefined) throw notFound(`there is no host cluster "${name}"; see "cartwright cluster get"`);
    const { describeHostCluster } = await import('../output/describe/host-cluster.ts');
    return described(cluster, () => describeHostCluster(cluster, session.io.now()), hostClusterReference);
  },
};

/**
 * `words`: a kind and names, or `kind/name`, several if wanted. Throws a usage error for what is no kind, and `CliError` (not found)
 * for a name that there is not.
 */
export async function describe(
  session: Session,
  words: readonly string[],
  options: { readonly application?: string },
): Promise<void> {
  const { printer } = session;
  const scope = { ...WHOLE_SCOPE, includeTerminated: true, application: options.application };
  const found: Described<unknown>[] = [];
  for (const { kind, name } of parseNamed(words)) found.push(await describedOf(session, kind, name, scope));
  const [first, ...others] = found;
  if (first === undefined) return;
  if (others.length > 0 && (printer.format === 'json' || printer.format === 'yaml'))
    return printer.value(found.map(({ value }) => value));
  for (const { value, text, reference } of found)
    await printer.one(value, async () => `${value === first.value ? '' : '\n'}${await text()}`, reference);
}

/** What `noun describe` does. */
export async function describeNoun(session: Session, noun: AnyNoun, name: string): Promise<void> {
  const { value, text, reference } = await ofNoun(session, noun, name, { ...WHOLE_SCOPE, includeTerminated: true });
  await session.printer.one(value, text, reference);
}

async function describedOf(session: Session, kind: string, name: string, scope: Scope): Promise<Described<unknown>> {
  const describer = DESCRIBERS[pluralOf(kind) ?? ''];
  return describer === undefined ? ofNoun(session, await loadNoun(kind), name, scope) : describer(session, name, scope);
}

function ofNoun(session: Session, noun: AnyNoun, name: string, scope: Scope): Promise<Described<unknown>> {
  return noun.use(async (known) => {
    const found = await find(session, known, name, scope);
    const { describeValue } = await import('../output/describe/value.ts');
    return described(found, () => describeValue(found as object, session.io.now()), known.reference);
  });
}

function described<T>(value: T, text: Described<T>['text'], reference: Reference<T>): Described<unknown> {
  return { value, text, reference: reference as Reference<unknown> };
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
