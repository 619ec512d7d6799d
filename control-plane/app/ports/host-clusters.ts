/** Kubernetes clusters as the app speaks with them. One adapter implements it on client-node. */
import type { HostClusterCredential } from '../host-clusters/credential.ts';
import type { ReviewedPod } from './pods.ts';

export interface HostClusterIdentity {
  /** Uid of the namespace `kube-system`: the cluster's own, whatever it is called and reached by. */
  readonly clusterUid: string;
  /** Of the API server, such as `v1.34.4`. */
  readonly version: string;
}

/** What pods can have: CPU in cores, memory in bytes, and their number. */
export interface PodResources {
  readonly cpuCores: number;
  readonly memoryBytes: number;
  readonly pods: number;
}

/** What a cluster is and has now. */
export interface HostClusterReading {
  readonly version: string;
  readonly nodes: number;
  /** Nodes that take pods: ready, not cordoned, without a taint that keeps ordinary pods away. */
  readonly usableNodes: number;
  /** Allocatable of the usable nodes. */
  readonly capacity: PodResources;
  /** What the pods there have not requested of it; never below 0. */
  readonly room: PodResources;
}

/** What a probe pod is to try. */
export interface ProbePlan {
  /** Names the pod, with the host cluster's. */
  readonly uid: string;
  readonly image: string;
  readonly brokerUrl: string;
  readonly controlPlaneUrl: string;
  /** PEM; null: the authorities that the image brings. */
  readonly ca: string | null;
}

export interface ProbeFailure {
  /**
   * Stable: PROBE_IMAGE, PROBE_UNSCHEDULABLE, PROBE_REFUSED, PROBE_DNS, PROBE_CONNECT, PROBE_TIMEOUT, PROBE_TLS, PROBE_PROTOCOL,
   * PROBE_FAILED.
   */
  readonly code: string;
  /** What failed, for a person. */
  readonly message: string;
}

/** Every call rejects with `HostClusterError`, within seconds (a probe within its deadline), and as the signal says. */
export interface HostClusterLink {
  identify(signal: AbortSignal): Promise<HostClusterIdentity>;
  /** Each right that is needed and not there, as one line for a person; none when all are. */
  missingRights(signal: AbortSignal): Promise<readonly string[]>;
  observe(signal: AbortSignal): Promise<HostClusterReading>;
  /** Pods of this platform that are there now: of instances and of what they need. */
  countInstances(signal: AbortSignal): Promise<number>;
  /** Runs a pod that resolves, connects and goes. Empty when all of it went well. Leaves nothing behind, as far as it can. */
  probe(plan: ProbePlan, signal: AbortSignal): Promise<readonly ProbeFailure[]>;
  /** The pod whose token this is, for that audience; null: none that there is. */
  reviewPodToken(token: string, audience: string, signal: AbortSignal): Promise<ReviewedPod | null>;
  close(): Promise<void>;
}

export interface HostClusterAccess {
  /** Sends nothing yet. Throws `HostClusterError` HOST_CLUSTER_NOT_IN_CLUSTER. The caller closes it. */
  open(credential: HostClusterCredential): HostClusterLink;
}
