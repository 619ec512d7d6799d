/** A real Kubernetes for tests, and accounts of it with just the rights that a test says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ApiException,
  CoreV1Api,
  KubeConfig,
  RbacAuthorizationV1Api,
  type V1ClusterRole,
  type V1PolicyRule,
} from '@kubernetes/client-node';
import { parse, stringify } from 'yaml';
import { ROOT } from '../support/root.ts';

const ROLE = 'control-plane/deploy/kubernetes/cluster-role.yaml';

export interface TestCluster {
  /** Of an administrator; for what the test itself does, never for the control plane. */
  readonly kubeconfig: string;
  readonly config: KubeConfig;
}

/** The cluster that `npm run test:kubernetes` gives. */
export function testCluster(): TestCluster {
  const path = process.env.KUBECONFIG ?? '';
  if (path === '') throw new Error('KUBECONFIG names no cluster; "npm run test:kubernetes" starts one');
  const config = new KubeConfig();
  config.loadFromFile(path);
  return { kubeconfig: readFileSync(path, 'utf8'), config };
}

/** The rules of the ClusterRole that operators are given. */
export function controlPlaneRules(): V1PolicyRule[] {
  return (parse(readFileSync(join(ROOT, ROLE), 'utf8')) as V1ClusterRole).rules!;
}

export interface TestAccount extends AsyncDisposable {
  /** Of the account, by a token of an hour. */
  readonly kubeconfig: string;
  /** Takes away and gives rights, as somebody might whose cluster it is. */
  setRules(rules: readonly V1PolicyRule[]): Promise<void>;
  /** Another kubeconfig of it. */
  renew(seconds?: number): Promise<string>;
  /** No token of it counts from now on. */
  revoke(): Promise<void>;
}

/** A service account with these rights in all namespaces, by default those of the ClusterRole. Disposed, nothing of it is left. */
export async function testAccount(
  { config, kubeconfig }: TestCluster,
  name: string,
  rules: readonly V1PolicyRule[] = controlPlaneRules(),
): Promise<TestAccount> {
  const core = config.makeApiClient(CoreV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const namespace = `account-${name}`;
  const remove = async (): Promise<void> => {
    await ifThere(() => rbac.deleteClusterRoleBinding({ name: namespace }));
    await ifThere(() => rbac.deleteClusterRole({ name: namespace }));
    await ifThere(() => core.deleteNamespace({ name: namespace }));
  };
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  await rbac.createClusterRole({ body: { metadata: { name: namespace }, rules: [...rules] } });
  await rbac.createClusterRoleBinding({
    body: {
      metadata: { name: namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: namespace },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  });
  const renew = async (expirationSeconds = 3600): Promise<string> => {
    const body = { spec: { audiences: [], expirationSeconds } };
    const { status } = await core.createNamespacedServiceAccountToken({ namespace, name, body });
    return withToken(kubeconfig, status!.token!);
  };
  return {
    kubeconfig: await renew(),
    renew,
    setRules: async (next) => {
      await rbac.replaceClusterRole({ name: namespace, body: { metadata: { name: namespace }, rules: [...next] } });
    },
    revoke: async () => {
      await core.deleteNamespacedServiceAccount({ namespace, name });
    },
    [Symbol.asyncDispose]: remove,
  };
}

/** The current context of a kubeconfig, with a token in the place of its credential. */
function withToken(text: string, token: string): string {
  interface Kubeconfig {
    readonly 'current-context': string;
    readonly contexts: readonly {
      readonly name: string;
      readonly context: { readonly cluster: string; readonly user: string };
    }[];
  }
  const file = parse(text) as Kubeconfig;
  const { context } = file.contexts.find(({ name }) => name === file['current-context'])!;
  return stringify({ ...file, users: [{ name: context.user, user: { token } }] });
}

async function ifThere(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiException && error.code === 404)) throw error;
  }
}
