/** Host clusters in memory: what they answer is for the test to say, by the URL of their API server. */
import { HostClusterError } from '../errors.ts';
import type { HostClusterCredential } from '../host-clusters/credential.ts';
import type {
  HostClusterAccess,
  HostClusterLink,
  HostClusterReading,
  ProbeFailure,
  ProbePlan,
} from '../ports/host-clusters.ts';
import { hostPlaceOf, type HostPlace } from '../placement/host-places.ts';
import type { ReviewedPod } from '../ports/pods.ts';

export const READING: HostClusterReading = {
  version: 'v1.34.4',
  nodes: 3,
  usableNodes: 2,
  capacity: { cpuCores: 4, memoryBytes: 8e9, pods: 220 },
  room: { cpuCores: 3.5, memoryBytes: 7e9, pods: 210 },
};

/** A place on one that answers. @param drainingSince when an operator began to drain it, in milliseconds since the epoch; null: not */
export function answering(name: string, drainingSince: number | null = null): HostPlace {
  return hostPlaceOf(
    { name, drainingSince, probe: { state: 'skipped' } },
    { kind: 'reachable', since: 0, checkedAt: 0, latencyMilliseconds: 1, failure: null, reading: READING },
  );
}

/** One of them. Fields may be set at any time. */
export class HostClusterInMemory {
  clusterUid: string;
  missing: string[] = [];
  reading = READING;
  instances = 0;
  failures: ProbeFailure[] = [];
  /** Thrown by each call. */
  failure: Error | null = null;
  /** No call is answered while it is set; each waits for its signal. */
  hangs = false;
  readonly probes: ProbePlan[] = [];
  /** By their tokens. */
  readonly pods = new Map<string, ReviewedPod & { readonly audience: string }>();
  looks = 0;
  /** Connections that are open now. */
  open = 0;
  /** Credentials that it was opened with. */
  readonly credentials: HostClusterCredential[] = [];

  constructor(clusterUid: string) {
    this.clusterUid = clusterUid;
  }
}

export class HostClustersInMemory implements HostClusterAccess {
  readonly #clusters = new Map<string, HostClusterInMemory>();

  add(server: string, clusterUid = server): HostClusterInMemory {
    const cluster = new HostClusterInMemory(clusterUid);
    this.#clusters.set(server, cluster);
    return cluster;
  }

  open(credential: HostClusterCredential): HostClusterLink {
    const { server } = credential;
    const cluster = this.#clusters.get(server);
    const answer = async <T>(signal: AbortSignal, value: () => T): Promise<T> => {
      signal.throwIfAborted();
      if (cluster === undefined)
        throw new HostClusterError('HOST_CLUSTER_UNREACHABLE', `${server}: nothing listens there`);
      if (cluster.hangs)
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
        );
      if (cluster.failure !== null) throw cluster.failure;
      return value();
    };
    if (cluster !== undefined) {
      cluster.open += 1;
      cluster.credentials.push(credential);
    }
    return {
      identify: (signal) =>
        answer(signal, () => ({ clusterUid: cluster!.clusterUid, version: cluster!.reading.version })),
      missingRights: (signal) => answer(signal, () => cluster!.missing),
      observe: (signal) => {
        if (cluster !== undefined) cluster.looks += 1;
        return answer(signal, () => cluster!.reading);
      },
      countInstances: (signal) => answer(signal, () => cluster!.instances),
      probe: (plan, signal) => {
        cluster?.probes.push(plan);
        return answer(signal, () => cluster!.failures);
      },
      reviewPodToken: (token, audience, signal) =>
        answer(signal, () => {
          const { audience: meant, ...pod } = cluster!.pods.get(token) ?? {};
          return meant === audience ? (pod as ReviewedPod) : null;
        }),
      close: async () => {
        if (cluster !== undefined) cluster.open -= 1;
      },
    };
  }
}
