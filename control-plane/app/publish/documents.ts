/** Pure builders of the two retained documents of a service cluster. */
import { createHash } from 'node:crypto';
import type { DesiredDocument, DesiredRelease } from '../../../schema/mqtt/desired.ts';
import type { TopologyDocument, TopologyMember } from '../../../schema/mqtt/topology.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import type { ArtifactRecord } from '../records/sources.ts';

/** The slot that an application's artifact goes to; there is one today. */
const APPLICATION_SLOT = 'app';

const MOST_HOLD_SECONDS = 300;

export interface Endpoints {
  /** Base URL at which agents reach the control plane. */
  readonly controlPlane: string;
}

export function desiredRelease(
  release: ReleaseRecord,
  artifact: ArtifactRecord | undefined,
  endpoints: Endpoints,
): DesiredRelease {
  const base = endpoints.controlPlane.replace(/\/$/, '');
  return {
    release: release.uid,
    artifacts:
      artifact === undefined
        ? []
        : [
            {
              slot: APPLICATION_SLOT,
              digest: artifact.uid,
              bytes: artifact.bytes,
              urls: [`${base}/artifacts/${artifact.uid}`],
            },
          ],
    configurationDigest: release.configurationDigest,
    configurationUrl: `${base}/releases/${release.uid}/configuration`,
    ...(release.configuration.secrets === undefined ? {} : { secretsUrl: `${base}/releases/${release.uid}/secrets` }),
  };
}

export function metadataUrl({ controlPlane }: Endpoints): string {
  return `${controlPlane.replace(/\/$/, '')}/metadata`;
}

export function metadataOf(version: string | null, endpoints: Endpoints): DesiredInput['metadata'] {
  return version === null ? null : { version, url: metadataUrl(endpoints) };
}

export interface DesiredInput {
  readonly uid: string;
  readonly epoch: number;
  readonly generation: number;
  readonly stable: DesiredRelease | null;
  readonly candidate: DesiredRelease | null;
  readonly metadata: { readonly version: string; readonly url: string } | null;
  readonly candidateInstances: readonly string[];
  readonly reportIntervalSeconds: number;
}

export function makeDesired(input: DesiredInput): DesiredDocument {
  return {
    v: 1,
    uid: input.uid,
    epoch: input.epoch,
    generation: input.generation,
    ...(input.stable === null ? {} : { stable: input.stable }),
    ...(input.candidate === null
      ? {}
      : { candidate: { ...input.candidate, instances: [...input.candidateInstances] } }),
    ...(input.metadata === null ? {} : { metadata: input.metadata }),
    reportIntervalSeconds: input.reportIntervalSeconds,
  };
}

/**
 * Whether and how load balancers may use an instance. An instance whose agent is silent stays: the balancer's own attempts
 * decide. One whose processes are gone, or that was never ready, is no member.
 */
function memberOf(instance: InstanceState, withAffinity: boolean): TopologyMember | undefined {
  const { record, observed } = instance;
  if (record.host === null || record.port === null || observed?.state === 'gone') return undefined;
  const serves =
    record.state === 'active' ||
    (record.draining !== null && record.state !== 'terminated' && record.state !== 'faulty');
  if (!serves || record.activeAt === null) return undefined;
  const state = record.draining === null ? 'active' : 'draining';
  const affinity = withAffinity ? { affinity: affinityToken(record.firstTokenHash ?? record.tokenHash) } : {};
  const where = record.placement === null ? {} : { hostCluster: record.placement.hostCluster };
  return { instance: record.uid, host: record.host, port: record.port, weight: 1, ...affinity, ...where, state };
}

/**
 * What cookies hold for an instance. From its (first) token, of which nothing can be learnt by it: nobody can guess it, every load
 * balancer has the same one, and it outlives them all without being stored.
 */
function affinityToken(tokenHash: string): string {
  return createHash('sha256').update(`affinity:${tokenHash}`).digest('base64url').slice(0, 32);
}

/** `aliases`, `certificates`: the application's, for its load balancers. */
export function makeTopology(
  cluster: ClusterState,
  aliases: readonly string[],
  epoch: number,
  generation: number,
  certificates?: TopologyDocument['certificates'],
): TopologyDocument {
  const withAffinity = cluster.plan.routes.some(({ affinity }) => affinity === 'cookie');
  return {
    ...makeRouting(cluster, aliases, epoch, generation),
    members: cluster.live().flatMap((instance) => memberOf(instance, withAffinity) ?? []),
    ...(cluster.isLoadBalancer && certificates !== undefined ? { certificates } : {}),
  };
}

/** Where none may be running, a request is what starts one: it waits for several starts. Where people stopped it, for nothing. */
function holdOf({ record, plan }: ClusterState): Pick<TopologyDocument, 'holdSeconds'> {
  if (record.stopped !== null) return { holdSeconds: 0 };
  const { effective, spec } = plan;
  return effective.policy.minimum > 0 ? {} : { holdSeconds: Math.min(MOST_HOLD_SECONDS, 30 + 3 * spec.startSeconds) };
}

/** The same but for what changes all the time, and what has to be fetched. */
export function makeRouting(
  cluster: ClusterState,
  aliases: readonly string[],
  epoch: number,
  generation: number,
): Omit<TopologyDocument, 'members' | 'certificates'> {
  const { routes, spec, limits, loadBalancer } = cluster.plan;
  return {
    v: 1,
    uid: cluster.record.uid,
    epoch,
    generation,
    routes: cluster.record.deletingSince === null ? [...routes] : [],
    concurrency: spec.concurrency ?? 0,
    ...holdOf(cluster),
    ...(spec.slowStartSeconds === undefined ? {} : { slowStartSeconds: spec.slowStartSeconds }),
    ...(limits === undefined ? {} : { limits }),
    ...(cluster.isLoadBalancer ? { aliases: [...aliases] } : {}),
    ...(cluster.isLoadBalancer && loadBalancer !== undefined ? { loadBalancer } : {}),
  };
}
