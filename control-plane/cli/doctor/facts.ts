/** What `doctor` asks a control plane. An operator is told all of it; everybody else what is his. */
import { OtherVersion } from '../client/failures.ts';
import type { Session } from '../client/session.ts';
import { packageVersion } from '../package.ts';
import {
  Caller,
  GetFreeze,
  GetPlatform,
  GetPlatformHealth,
  ListAgents,
  ListCertificates,
  ListHostClusters,
  type CallerQuery,
  type FreezeFieldsFragment,
  type GetPlatformHealthQuery,
  type GetPlatformQuery,
  type HostClusterFieldsFragment,
} from '../generated/operations.ts';
import { listApplications } from '../nouns/applications.ts';
import { each } from '../pages.ts';

/** Service clusters whose instances are asked about one by one, for who is no operator. */
const MOST_CLUSTERS = 50;

export type Health = GetPlatformHealthQuery['platformHealth'];
export type Clocks = Health['clocks'];

export interface AgentFacts {
  readonly programs: Health['agents'];
  readonly clocks: Clocks;
  /** Service clusters that were looked at, and whether there are more. */
  readonly clusters: number;
  readonly isBounded: boolean;
}

interface KnownCertificate {
  /** `APPLICATION`, or `TENANT/APPLICATION`; null: an authority of the broker's. */
  readonly of: string | null;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

export interface Facts {
  readonly url: string;
  readonly ownVersion: string;
  readonly caller: CallerQuery['caller'];
  /** Null: the control plane is older than the question. */
  readonly platform: GetPlatformQuery['platform'] | null;
  readonly roundTripMilliseconds: number;
  /** How much the control plane's clock is ahead of this machine's; null where it does not say. */
  readonly skewSeconds: number | null;
  /** By how much that may be wrong. */
  readonly uncertaintySeconds: number;
  /** By the control plane's clock, in milliseconds since the epoch. */
  readonly now: number;
  readonly freeze: FreezeFieldsFragment | null;
  /** Null: nobody said. */
  readonly agents: AgentFacts | null;
  readonly certificates: readonly KnownCertificate[] | null;
  /** Null: the caller is no operator. */
  readonly health: Health | null;
  readonly hostClusters: readonly HostClusterFieldsFragment[] | null;
}

export async function gatherFacts(session: Session): Promise<Facts> {
  const { client, io } = session;
  const { caller } = await client.query(Caller, {});
  const asked = io.now();
  const platform = (await unlessUnknown(() => client.query(GetPlatform, {})))?.platform ?? null;
  const took = io.now() - asked;
  const skew = platform === null ? null : Date.parse(platform.now) - (asked + took / 2);
  const { freeze } = await client.query(GetFreeze, {});
  const isOperator = caller.role === 'OPERATOR';
  const health = isOperator ? await healthOf(session) : null;
  return {
    url: client.endpoint.url,
    ownVersion: packageVersion(),
    caller,
    platform,
    roundTripMilliseconds: took,
    skewSeconds: skew === null ? null : skew / 1000,
    uncertaintySeconds: took / 2000,
    now: io.now() + (skew ?? 0),
    freeze,
    ...(isOperator ? ofPlatform(health) : await ofTenant(session)),
    health,
    hostClusters: isOperator ? (await client.query(ListHostClusters, {})).hostClusters : null,
  };
}

async function healthOf({ client }: Session): Promise<Health | null> {
  return (await unlessUnknown(() => client.query(GetPlatformHealth, {})))?.platformHealth ?? null;
}

type OfInstances = Pick<Facts, 'agents' | 'certificates'>;

function ofPlatform(health: Health | null): OfInstances {
  if (health === null) return { agents: null, certificates: null };
  const { agents, clocks, endingCertificates } = health;
  return {
    agents: { programs: agents, clocks, clusters: 0, isBounded: false },
    certificates: endingCertificates.map(({ tenant, application, name, notAfter }) => ({
      of: tenant === null ? null : `${tenant}/${application ?? '?'}`,
      name,
      notAfter: Date.parse(notAfter),
    })),
  };
}

/** What is the caller's own, asked for one by one. */
async function ofTenant(session: Session): Promise<OfInstances> {
  const { client, tenant } = session;
  const applications = await listApplications(session);
  const certificates = await each(applications, async ({ name }) => {
    const { application } = await client.query(ListCertificates, { tenant, name });
    return (application?.certificates ?? []).map((certificate): KnownCertificate => ({
      ...{ of: name, name: certificate.name, notAfter: Date.parse(certificate.notAfter) },
    }));
  });
  return { agents: await agentsOf(session, applications), certificates: certificates.flat() };
}

async function agentsOf(
  { client, tenant }: Session,
  applications: Awaited<ReturnType<typeof listApplications>>,
): Promise<AgentFacts | null> {
  const all = applications.flatMap(({ name, clusters }) =>
    clusters.map(({ alias }) => ({ application: name, alias, ...(tenant === undefined ? {} : { tenant }) })),
  );
  const refs = all.slice(0, MOST_CLUSTERS);
  const answers = await unlessUnknown(() => each(refs, (ref) => client.query(ListAgents, { ref })));
  if (answers === undefined) return null;
  const instances = answers.flatMap(
    ({ serviceCluster }) => serviceCluster?.instances.edges.map(({ node }) => node) ?? [],
  );
  const programs = new Map<string, number>();
  for (const { agent } of instances)
    if (agent !== null) programs.set(agent.version, (programs.get(agent.version) ?? 0) + 1);
  const known = instances.flatMap(({ uid, tenant: owner, applicationName, alias, live: { clockSkewSeconds } }) =>
    clockSkewSeconds === null
      ? []
      : [{ tenant: owner, application: applicationName, alias, instance: uid, skewSeconds: clockSkewSeconds }],
  );
  known.sort((a, b) => Math.abs(b.skewSeconds) - Math.abs(a.skewSeconds));
  return {
    programs: [...programs].map(([version, count]) => ({ version, instances: count })),
    clocks: { measured: known.length, widest: known[0] ?? null },
    clusters: refs.length,
    isBounded: all.length > refs.length,
  };
}

/** `undefined` where the control plane is older than the question. */
async function unlessUnknown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof OtherVersion) return undefined;
    throw error;
  }
}
