/** Whether a host cluster can be used with a credential: it is reached, it is the one that is meant, and every right is there. */
import { CartwrightError, HostClusterError, RequestError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostClusterAccess, HostClusterIdentity, HostClusterLink } from '../ports/host-clusters.ts';
import { endOfCredential, readAuthorities } from './certificates.ts';
import { IN_CLUSTER, type HostClusterCredential, type KubeconfigRules } from './credential.ts';
import { parseKubeconfig } from './kubeconfig.ts';
import type { GivenCredential, NewHostCluster } from './use-cases.ts';

/** All questions together, so that whoever waits for the answer gets it. */
const CHECK_MILLISECONDS = 15_000;
const LONGEST_URL = 500;
const LONGEST_CA = 64 * 1024;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|\[::\])$/;

/** Throws `RequestError` INVALID, which names the field. */
export function readCredential(given: GivenCredential, rules: KubeconfigRules, now: number): HostClusterCredential {
  const { kubeconfig, inCluster = false, context } = given;
  if (inCluster) {
    if ((kubeconfig ?? context ?? null) === null) return IN_CLUSTER;
    throw invalid(
      'inCluster',
      'inCluster takes the service account of the control plane’s pod: give no kubeconfig and no context',
    );
  }
  if (kubeconfig === null || kubeconfig === undefined)
    throw invalid('kubeconfig', 'kubeconfig: give one, or say inCluster');
  return parseKubeconfig(kubeconfig, { ...rules, context: context ?? undefined, now });
}

/** What of a credential stands beside what is sealed. */
export function describeCredential(credential: HostClusterCredential) {
  const { server, context, user } = credential;
  return {
    server,
    context,
    credentialKind: user.kind,
    credentialEndsAt: endOfCredential(credential),
    noticedDays: null,
  };
}

/** Throws `RequestError` INVALID, which names the field. */
export function readAddresses({
  brokerUrl,
  controlPlaneUrl,
  ca,
}: Pick<NewHostCluster, 'brokerUrl' | 'controlPlaneUrl' | 'ca'>) {
  return {
    brokerUrl: address('brokerUrl', brokerUrl, ['mqtt', 'mqtts']),
    controlPlaneUrl: address('controlPlaneUrl', controlPlaneUrl, ['http', 'https']),
    ca:
      ca === null || ca === undefined
        ? null
        : readAuthorities(ca.slice(0, LONGEST_CA), (message) => invalid('ca', `ca: ${message}`)),
  };
}

function address(field: string, given: string, schemes: readonly string[]): string {
  const url = given.length > LONGEST_URL ? null : URL.parse(given);
  const isPlain =
    url !== null && `${url.username}${url.password}${url.search}${url.hash}` === '' && url.hostname !== '';
  if (!isPlain || !schemes.includes(url.protocol.slice(0, -1)))
    throw invalid(
      field,
      `${field}: expected ${schemes.map((scheme) => `${scheme}://`).join(' or ')}HOST:PORT, without user, query and fragment`,
    );
  if (LOOPBACK.test(url.hostname))
    throw invalid(
      field,
      `${field}: ${url.hostname} is the pod itself; give the address at which pods of the cluster reach it`,
    );
  return given.replace(/\/+$/, '');
}

/**
 * Throws `HostClusterError` when it is not reached, and `RequestError` RIGHTS_MISSING that names every right which is not there.
 */
export async function checkHostCluster(
  { access, clock }: { readonly access: HostClusterAccess; readonly clock: Pick<Clock, 'setTimeout'> },
  credential: HostClusterCredential,
): Promise<HostClusterIdentity> {
  return asking({ access, clock }, credential, async (link, signal) => {
    const missing = await link.missingRights(signal);
    // Only now: it takes a right itself.
    if (missing.length === 0) return link.identify(signal);
    throw new RequestError(
      'RIGHTS_MISSING',
      `${credential.server}: the credential lacks these rights: ${missing.join('; ')}. "cartwright cluster role" prints the ClusterRole that has all of them`,
      { field: 'kubeconfig' },
    );
  });
}

/** Opens a connection for some questions, and closes it whatever comes. */
export async function asking<T>(
  { access, clock }: { readonly access: HostClusterAccess; readonly clock: Pick<Clock, 'setTimeout'> },
  credential: HostClusterCredential,
  ask: (link: HostClusterLink, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const tooLong = new HostClusterError(
    'HOST_CLUSTER_TIMEOUT',
    `${credential.server}: it did not answer everything within ${CHECK_MILLISECONDS / 1000} s`,
  );
  const timer = clock.setTimeout(() => limit.abort(tooLong), CHECK_MILLISECONDS);
  const link = access.open(credential);
  try {
    return await ask(link, limit.signal);
  } catch (error) {
    if (limit.signal.aborted && !(error instanceof CartwrightError)) throw tooLong;
    throw error;
  } finally {
    timer.cancel();
    await link.close();
  }
}

function invalid(field: string, message: string): RequestError {
  return new RequestError('INVALID', message, { field });
}
