/**
 * The exchange by which a pod becomes an instance or a one-off task: the token that Kubernetes gave the pod for the instance's document and token. The host cluster
 * vouches for the pod, and its provider knows which instance the pod is. Nothing is stored, so asked again it answers the same.
 */
import type { Logger } from 'pino';
import { INSTANCE_PATH, UNBOUND, type IdentityAnswer, type IdentityRequest } from '../../../schema/agent/identity.ts';
import { RequestError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { instanceDocument } from '../fleet/instance-document.ts';
import type { HostClusters } from '../host-clusters/host-clusters.ts';
import type { Clock } from '../ports/clock.ts';
import type { PodInstances, ReviewedPod } from '../ports/pods.ts';
import type { Store } from '../ports/store.ts';
import type { JobRequest } from '../ports/tasks.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { AgentTokens } from './agent-tokens.ts';
import { periodsOf, type TokenTimes } from './timed-token.ts';

const SHORTEST_RENEWAL_SECONDS = 5;
const LONGEST_RENEWAL_SECONDS = 1800;
/** Of each host cluster: all its pods ask. */
const TOLD_EVERY_MILLISECONDS = 60_000;

export interface ExchangeOptions {
  readonly store: Pick<Store, 'hostClusters'>;
  readonly fleet: Pick<Fleet, 'cluster' | 'clusterOfInstance' | 'instance'>;
  readonly hostClusters: Pick<HostClusters, 'reviewPodToken'>;
  /** Absent: no instance of this platform is a pod. */
  readonly pods: PodInstances | undefined;
  readonly tokens: Pick<AgentTokens, 'answer'>;
  readonly tasks: Pick<Tasks, 'identity'>;
  /** What URLs of desired documents begin with. */
  readonly documentsBase: string;
  readonly tokenTimes: TokenTimes;
  readonly logger: Pick<Logger, 'warn'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * Throws `RequestError`: UNAUTHENTICATED (not the token of a pod of ours, whatever is wrong with it), UNBOUND (the pod is no instance, or none yet),
 * FORBIDDEN (its instance has ended), NOT_READY (nobody can say now).
 */
export type ExchangeIdentity = (request: IdentityRequest) => Promise<IdentityAnswer>;

export function createExchange(options: ExchangeOptions): ExchangeIdentity {
  const { store, pods, clock, logger } = options;
  const toldAt = new Map<string, number>();
  const failed = ({ uid, name }: HostClusterRecord, error: unknown): void => {
    const now = clock.monotonic();
    if (now - (toldAt.get(uid) ?? -Infinity) < TOLD_EVERY_MILLISECONDS) return;
    toldAt.set(uid, now);
    logger.warn({ error, hostCluster: name }, 'a host cluster does not say which pod a token is of');
  };
  return async ({ hostCluster, token }) => {
    const record = await store.hostClusters.get(hostCluster);
    if (pods === undefined || record === undefined) throw unknown();
    const pod = await review(options, record, token, pods.audience, failed);
    if (pod === null || pod.serviceAccount !== pods.serviceAccount) throw unknown();
    const task = pods.taskOf(hostCluster, pod.uid);
    if (task !== undefined) return answerTask(options, record, task);
    const build = pods.buildOf(hostCluster, pod.uid);
    if (build !== undefined) return answerOnce(options, record, build.document, build.token);
    return answer(options, record, pods.instanceOf(hostCluster, pod.uid));
  };
}

async function review(
  { hostClusters }: ExchangeOptions,
  record: HostClusterRecord,
  token: string,
  audience: string,
  failed: (record: HostClusterRecord, error: unknown) => void,
): Promise<ReviewedPod | null> {
  try {
    return await hostClusters.reviewPodToken(record.uid, token, audience);
  } catch (error) {
    // What is wrong with the host cluster is for operators.
    failed(record, error);
    throw new RequestError('NOT_READY', 'the host cluster does not answer the control plane now; ask again');
  }
}

async function answer(
  options: ExchangeOptions,
  host: HostClusterRecord,
  uid: string | undefined,
): Promise<IdentityAnswer> {
  const { fleet, tokens, documentsBase, tokenTimes } = options;
  const cluster = uid === undefined ? undefined : fleet.clusterOfInstance(uid);
  const instance = uid === undefined ? undefined : fleet.instance(uid);
  if (cluster === undefined || !instance?.observed)
    throw new RequestError(UNBOUND, 'no instance has taken this pod yet; ask again');
  const { record, observed } = instance;
  if (!instance.isLive) throw new RequestError('FORBIDDEN', `instance ${record.uid} has ended; nothing is to run here`);
  const answered = await tokens.answer(cluster, instance);
  if (!('token' in answered)) {
    if (answered.problem === 'unknown') throw noToken('instance');
    throw new RequestError('NOT_READY', 'the broker does not take this instance’s token now; ask again');
  }
  const { token } = answered;
  const controlPlane = `${host.controlPlaneUrl}${INSTANCE_PATH}`;
  const { cartridge, ...document } = instanceDocument(cluster, record, { brokers: [host.brokerUrl], controlPlane });
  const { name, spec } = cartridge;
  return {
    v: 1,
    document: {
      ...document,
      ...(documentsBase === controlPlane ? {} : { documentsBase }),
      ports: observed.ports.map((port) => ({ ...port })),
      cartridge: { name, spec },
    },
    token,
    renewAfterSeconds: renewalSeconds(tokenTimes),
    ...(host.ca === null ? {} : { brokerCa: host.ca }),
  };
}

async function answerTask(options: ExchangeOptions, host: HostClusterRecord, uid: string): Promise<IdentityAnswer> {
  const { fleet, tasks } = options;
  const controlPlane = `${host.controlPlaneUrl}${INSTANCE_PATH}`;
  const found = await tasks.identity(uid, (cluster) => fleet.cluster(cluster), {
    brokers: [host.brokerUrl],
    controlPlane,
  });
  if (found === undefined) throw new RequestError('FORBIDDEN', `task ${uid} has ended; nothing is to run here`);
  const { token } = found;
  if (token === undefined) throw noToken('task');
  return answerOnce(options, host, found.document, token);
}

/** To what runs once, and is reached by nobody. */
function answerOnce(
  { tokenTimes }: ExchangeOptions,
  host: HostClusterRecord,
  { cartridge, ...document }: JobRequest['document'],
  token: string,
): IdentityAnswer {
  const { name, spec } = cartridge;
  const controlPlane = `${host.controlPlaneUrl}${INSTANCE_PATH}`;
  const addresses = { brokers: [host.brokerUrl], controlPlane };
  return {
    v: 1,
    document: { ...document, ...addresses, ports: [], cartridge: { name, spec } },
    token,
    renewAfterSeconds: renewalSeconds(tokenTimes),
    ...(host.ca === null ? {} : { brokerCa: host.ca }),
  };
}

function noToken(what: 'instance' | 'task'): RequestError {
  return new RequestError(
    'NOT_READY',
    `the token of this ${what} cannot be had again: the control plane has no key, or another one`,
  );
}

/** Twice within the time that the token before is accepted, so that whoever renews in time is never refused. */
function renewalSeconds(times: TokenTimes): number {
  const { graceMilliseconds } = periodsOf(times) ?? times;
  const seconds = Math.floor(graceMilliseconds / 2000);
  return Math.min(LONGEST_RENEWAL_SECONDS, Math.max(SHORTEST_RENEWAL_SECONDS, seconds));
}

function unknown(): RequestError {
  return new RequestError(
    'UNAUTHENTICATED',
    'this is not the token of a pod of this platform in that host cluster, or it has ended',
  );
}
