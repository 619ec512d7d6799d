/** What is followed beside Deployments and pods, only to see that it stays as it was applied. */
import {
  CoreV1Api,
  NetworkingV1Api,
  PolicyV1Api,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { Cache } from './cache.ts';
import { follow, type Following } from './follow.ts';

export interface FollowedOptions {
  readonly config: KubeConfig;
  readonly labelSelector: string;
  readonly onObject: (object: KubernetesObject, isGone: boolean) => void;
  readonly onProblem: (error: Error) => void;
  readonly random: () => number;
}

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly path: string;
  readonly list: () => Promise<KubernetesListObject<KubernetesObject>>;
}

function kindsOf({ config, labelSelector }: FollowedOptions): readonly Kind[] {
  const core = config.makeApiClient(CoreV1Api);
  const networking = config.makeApiClient(NetworkingV1Api);
  const policy = config.makeApiClient(PolicyV1Api);
  return [
    {
      ...{ apiVersion: 'v1', kind: 'Namespace', path: '/api/v1/namespaces' },
      list: () => core.listNamespace({ labelSelector }),
    },
    {
      ...{ apiVersion: 'v1', kind: 'ResourceQuota', path: '/api/v1/resourcequotas' },
      list: () => core.listResourceQuotaForAllNamespaces({ labelSelector }),
    },
    {
      ...{ apiVersion: 'v1', kind: 'Service', path: '/api/v1/services' },
      list: () => core.listServiceForAllNamespaces({ labelSelector }),
    },
    {
      ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
      path: '/apis/networking.k8s.io/v1/networkpolicies',
      list: () => networking.listNetworkPolicyForAllNamespaces({ labelSelector }),
    },
    {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', path: '/apis/policy/v1/poddisruptionbudgets' },
      list: () => policy.listPodDisruptionBudgetForAllNamespaces({ labelSelector }),
    },
  ];
}

/** Resolves when all of it was seen once. */
export async function followApplied(options: FollowedOptions): Promise<Following> {
  const { config, labelSelector, onObject, onProblem, random } = options;
  const followings: Following[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(followings.map((following) => following.close()));
  };
  try {
    for (const { apiVersion, kind, path, list } of kindsOf(options)) {
      const following = await follow({
        ...{ config, path, labelSelector, list, onProblem, random },
        cache: new Cache<KubernetesObject>(),
        // Items of a list do not say what they are.
        onChange: (object, isGone) => onObject({ ...object, apiVersion, kind }, isGone),
      });
      followings.push(following);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}
