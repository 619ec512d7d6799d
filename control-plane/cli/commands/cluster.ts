/** `cluster add`, `get`, `describe`, `rotate`, `probe`, `drain`, `undrain`, `remove`, `role`. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { follow } from '../client/follow.ts';
import type { Session } from '../client/session.ts';
import { confirm, type Confirmation } from '../confirm.ts';
import { CliError, EXIT, notFound } from '../exit.ts';
import {
  DrainHostCluster,
  FollowHostCluster,
  ProbeHostCluster,
  RegisterHostCluster,
  RemoveHostCluster,
  RotateHostCluster,
  UndrainHostCluster,
  type HostClusterFieldsFragment as HostCluster,
} from '../generated/operations.ts';
import { print, say, type Io } from '../io.ts';
import { findHostCluster, hostClusterReference, hostClusters } from '../nouns/host-clusters.ts';
import { describeHostCluster, probeText } from '../output/describe/host-cluster.ts';
import type { Printer } from '../output/printer.ts';
import { packageRoot } from '../package.ts';
import { getNoun } from './get.ts';
import { credentialFrom } from './kubeconfig.ts';
import type { ClusterAddOptions, CredentialOptions } from './register-cluster.ts';

export async function add(session: Session, name: string, options: ClusterAddOptions): Promise<void> {
  const { broker: brokerUrl, controlPlane: controlPlaneUrl, ca, probe: isProbed, probeImage, wait } = options;
  const { hostCluster } = await session.client.mutate(RegisterHostCluster, {
    ...{ name, brokerUrl, controlPlaneUrl, skipProbe: !isProbed },
    ...(await credentialFrom(session, options)),
    ...(ca === undefined ? {} : { ca: await readPem(session, ca) }),
    ...(probeImage === undefined ? {} : { probeImage }),
  });
  say(session.io, `host cluster ${name} registered`);
  if (isProbed && wait) await ended(session, name);
  else await one(session, hostCluster);
}

export async function get(session: Session, name: string | undefined): Promise<void> {
  await getNoun(session, hostClusters, {
    name,
    nothing: 'there are no host clusters; see "cartwright cluster add --help"',
  });
}

export async function show(session: Session, name: string): Promise<void> {
  await one(session, await find(session, name));
}

export async function rotate(session: Session, name: string, options: CredentialOptions): Promise<void> {
  const { hostCluster } = await session.client.mutate(RotateHostCluster, {
    name,
    ...(await credentialFrom(session, options)),
  });
  await session.printer.one(
    hostCluster,
    () => {
      const ends = hostCluster?.credentialEndsAt ?? null;
      return `${name} has another credential (number ${hostCluster?.credentialVersion ?? ''})${ends === null ? '' : `; it ends on ${ends}`}`;
    },
    hostClusterReference,
  );
}

export async function probe(
  session: Session,
  name: string,
  options: { probeImage?: string; wait: boolean },
): Promise<void> {
  const { probeImage, wait } = options;
  const { hostCluster } = await session.client.mutate(ProbeHostCluster, {
    name,
    ...(probeImage === undefined ? {} : { probeImage }),
  });
  if (wait) await ended(session, name);
  else await session.printer.one(hostCluster, () => `the probe of ${name} will run`, hostClusterReference);
}

export async function drain(session: Session, name: string): Promise<void> {
  const { hostCluster } = await session.client.mutate(DrainHostCluster, { name });
  await session.printer.one(hostCluster, () => `${name} is drained: nothing new is placed there`, hostClusterReference);
}

export async function undrain(session: Session, name: string): Promise<void> {
  const { hostCluster } = await session.client.mutate(UndrainHostCluster, { name });
  await session.printer.one(hostCluster, () => `${name} is used again`, hostClusterReference);
}

export async function remove(
  session: Session,
  name: string,
  options: { force?: boolean } & Confirmation,
): Promise<void> {
  await confirm(session.io, options, `forget the host cluster ${name} and its credential?`);
  const { hostCluster } = await session.client.mutate(RemoveHostCluster, { name, force: options.force === true });
  await session.printer.one(hostCluster, () => `host cluster ${name} removed`, hostClusterReference);
}

/** The ClusterRole as it stands in the package, with what it says of itself; as JSON without that. */
export async function role(io: Io, printer: Printer): Promise<void> {
  const text = readFileSync(join(packageRoot(), 'control-plane/deploy/kubernetes/cluster-role.yaml'), 'utf8');
  if (printer.format === 'json') await printer.value((await import('yaml')).parse(text));
  else print(io, text.trimEnd());
}

/** Waits for the end of the probe. Throws `CliError` where it failed. */
async function ended(session: Session, name: string): Promise<void> {
  const { client, io } = session;
  const feed = follow({
    open: () => client.subscribe(FollowHostCluster, { name }),
    ends: 'itself',
    signal: io.interrupted,
    onLost: (error) => say(io, error.message),
  });
  let said = '';
  for await (const { hostCluster } of feed) {
    const { probe: state, status } = hostCluster;
    if (state.state !== 'WAITING') {
      await one(session, hostCluster);
      if (state.state === 'FAILED') throw new CliError(EXIT.failed, `the probe of ${name} failed: ${probeText(state)}`);
      return;
    }
    const now = status.failure === null ? 'a pod of the probe is pulled and started …' : status.failure.message;
    if (now !== said) say(io, now);
    said = now;
  }
  throw notFound(`the host cluster "${name}" was removed`);
}

function one(session: Session, hostCluster: HostCluster | null): Promise<void> {
  return session.printer.one(
    hostCluster,
    () => (hostCluster === null ? '' : describeHostCluster(hostCluster, session.io.now())),
    hostClusterReference,
  );
}

async function find(session: Session, name: string): Promise<HostCluster> {
  const hostCluster = await findHostCluster(session, name);
  if (hostCluster === undefined) throw notFound(`there is no host cluster "${name}"; see "cartwright cluster get"`);
  return hostCluster;
}

async function readPem({ io }: Session, path: string): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, path), 'utf8');
  } catch (error) {
    throw new CliError(EXIT.usage, `${path} cannot be read: ${(error as Error).message}`);
  }
}
