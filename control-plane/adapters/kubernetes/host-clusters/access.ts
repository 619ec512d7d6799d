/** Host clusters as the app speaks with them, over client-node. */
import { CoreV1Api, VersionApi, type V1Node, type V1Pod } from '@kubernetes/client-node';
import { HostClusterError } from '../../../app/errors.ts';
import type { HostClusterCredential } from '../../../app/host-clusters/credential.ts';
import type { HostClusterAccess, HostClusterLink } from '../../../app/ports/host-clusters.ts';
import { platformLabels, selectorOf } from '../objects/names.ts';
import { missingRights } from './access-review.ts';
import { connect, type ConnectOptions } from './connection.ts';
import { explain } from './explain.ts';
import { Mirror } from './mirror.ts';
import { runProbe } from './probe.ts';
import { nodeCapacity, podUse, readingOf, type NodeCapacity, type PodUse } from './resources.ts';
import { reviewPodToken } from './token-review.ts';

/** More are not counted: it is enough to know that there are some. */
const MOST_COUNTED = 500;

export interface HostClusterAccessOptions extends ConnectOptions {
  /** Id of this platform: others may use the same host cluster. */
  readonly platform: string;
}

export function createHostClusterAccess(options: HostClusterAccessOptions): HostClusterAccess {
  return { open: (credential) => open(credential, options) };
}

function open(credential: HostClusterCredential, options: HostClusterAccessOptions): HostClusterLink {
  const { server } = credential;
  const { config, close } = connect(credential, options);
  const core = config.makeApiClient(CoreV1Api);
  const nodes = new Mirror<V1Node, NodeCapacity>({
    ...{ config, path: '/api/v1/nodes', keep: nodeCapacity },
    list: (piece) => core.listNode(piece),
  });
  const pods = new Mirror<V1Pod, PodUse>({
    ...{ config, path: '/api/v1/pods', keep: podUse },
    list: (piece) => core.listPodForAllNamespaces(piece),
  });
  const version = async (): Promise<string> => {
    const { gitVersion } = await config.makeApiClient(VersionApi).getCode();
    if (typeof gitVersion === 'string' && gitVersion !== '') return gitVersion.slice(0, 100);
    throw new HostClusterError(
      'HOST_CLUSTER_NOT_KUBERNETES',
      `${server}: what answers there is no API server of Kubernetes`,
    );
  };
  /** What the signal ends rejects at once: each request has a limit of its own and ends by itself. */
  const asking = async <T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    let give: (() => void) | undefined;
    const aborted = new Promise<never>((_, reject) => {
      give = () => reject(signal.reason as Error);
      signal.addEventListener('abort', give);
    });
    try {
      return await Promise.race([ask(), aborted]);
    } catch (error) {
      throw signal.aborted ? signal.reason : explain(error, server);
    } finally {
      signal.removeEventListener('abort', give!);
    }
  };
  return {
    identify: (signal) =>
      asking(signal, async () => {
        const found = await version();
        const { metadata } = await core.readNamespace({ name: 'kube-system' });
        return { version: found, clusterUid: metadata?.uid ?? '' };
      }),
    missingRights: (signal) =>
      asking(signal, async () => {
        // What is no Kubernetes gives no rights either, and that would be no answer.
        await version();
        return missingRights(config, signal);
      }),
    observe: (signal) => asking(signal, async () => readingOf(await version(), await nodes.read(), await pods.read())),
    countInstances: (signal) =>
      asking(signal, async () => {
        // Of instances, builds, tasks and servers of artifacts; probes have no label of a platform.
        const labelSelector = selectorOf(platformLabels(options.platform));
        const { items } = await core.listPodForAllNamespaces({ labelSelector, limit: MOST_COUNTED });
        return items.length;
      }),
    reviewPodToken: (token, audience, signal) => asking(signal, () => reviewPodToken(config, token, audience)),
    // Not left alone when it is to end: it has a pod to take away.
    probe: (plan, signal) =>
      runProbe(config, plan, signal).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : explain(error, server);
      }),
    close: async () => {
      nodes.close();
      pods.close();
      await close();
    },
  };
}
