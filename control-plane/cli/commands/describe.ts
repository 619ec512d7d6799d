/** `describe`: all about one thing. */
import type { Session } from '../client/session.ts';
import { notFound, usage } from '../exit.ts';
import { GetApplication, GetDecision, GetInstance, GetRelease, GetServiceCluster } from '../generated/operations.ts';
import { findReleaseUid } from '../nouns/releases.ts';
import { describeApplication } from '../output/describe/application.ts';
import { describeCluster } from '../output/describe/cluster.ts';
import { describeDecision } from '../output/describe/decision.ts';
import { describeInstance } from '../output/describe/instance.ts';
import { describeRelease } from '../output/describe/release.ts';
import { noApplication, resolveTarget } from '../targets.ts';

interface DescribeOptions {
  readonly application?: string;
}

type Describer = (session: Session, name: string, options: DescribeOptions) => Promise<void>;

const DESCRIBERS: Readonly<Record<string, Describer>> = {
  async application({ client, printer, io, tenant }, name) {
    const { application } = await client.query(GetApplication, { tenant, name });
    if (application === null) throw noApplication(name);
    await printer.one(application, () => describeApplication(printer, application, io.now()));
  },
  async cluster(session, name) {
    const { client, printer, io } = session;
    const ref = await resolveTarget(session, name);
    const { serviceCluster } = await client.query(GetServiceCluster, { ref });
    if (serviceCluster === null) throw none('service cluster', name);
    await printer.one(serviceCluster, () => describeCluster(printer, serviceCluster, io.now()));
  },
  async instance({ client, printer, io }, uid) {
    const { instance } = await client.query(GetInstance, { uid });
    if (instance === null) throw none('instance', uid);
    await printer.one(instance, () => describeInstance(instance, io.now()));
  },
  async release(session, name, options) {
    const { client, printer, io } = session;
    const uid = await findReleaseUid(session, name, { application: options.application });
    const release = uid === undefined ? null : (await client.query(GetRelease, { uid })).release;
    if (release === null) throw none('release', name);
    await printer.one(release, () => describeRelease(release, io.now()));
  },
  async decision({ client, printer, io }, uid) {
    const { decision } = await client.query(GetDecision, { uid });
    if (decision === null) throw none('decision', uid);
    await printer.one(decision, () => describeDecision(decision, io.now()));
  },
};

/** Throws a usage error for a kind that cannot be described, and `CliError` (not found) for a name that there is not. */
export async function describeOne(
  session: Session,
  kind: string,
  name: string,
  options: DescribeOptions,
): Promise<void> {
  const describer = Object.hasOwn(DESCRIBERS, kind) ? DESCRIBERS[kind] : undefined;
  if (describer === undefined) {
    throw usage(`"${kind}" cannot be described; these can: ${Object.keys(DESCRIBERS).join(', ')}`);
  }
  await describer(session, name, options);
}

function none(what: string, name: string): Error {
  return notFound(`there is no ${what} "${name}"`);
}
