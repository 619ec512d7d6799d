/**
 * What the control plane may do in a host cluster, and asks for when it is registered. The same as
 * control-plane/deploy/kubernetes/cluster-role.yaml, which says why for each; a test compares them.
 */

interface Right {
  /** API group; empty for the core. */
  readonly group: string;
  /** With its subresource, if it is one: `deployments/scale`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}

const KEPT = ['get', 'list', 'watch', 'create', 'patch', 'delete'];
const SEEN = ['get', 'list', 'watch'];

export const RIGHTS: readonly Right[] = [
  { group: '', resource: 'namespaces', verbs: KEPT },
  { group: '', resource: 'resourcequotas', verbs: KEPT },
  { group: '', resource: 'limitranges', verbs: KEPT },
  { group: '', resource: 'serviceaccounts', verbs: KEPT },
  { group: '', resource: 'services', verbs: KEPT },
  { group: '', resource: 'configmaps', verbs: KEPT },
  { group: '', resource: 'secrets', verbs: ['get', 'create', 'patch', 'delete'] },
  { group: '', resource: 'persistentvolumeclaims', verbs: KEPT },
  { group: '', resource: 'pods', verbs: KEPT },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'events', verbs: ['list', 'watch'] },
  { group: '', resource: 'nodes', verbs: SEEN },
  { group: 'apps', resource: 'deployments', verbs: KEPT },
  { group: 'apps', resource: 'deployments/scale', verbs: ['get', 'patch'] },
  { group: 'apps', resource: 'statefulsets', verbs: KEPT },
  { group: 'apps', resource: 'statefulsets/scale', verbs: ['get', 'patch'] },
  { group: 'apps', resource: 'replicasets', verbs: SEEN },
  { group: 'batch', resource: 'jobs', verbs: KEPT },
  { group: 'policy', resource: 'poddisruptionbudgets', verbs: KEPT },
  { group: 'networking.k8s.io', resource: 'networkpolicies', verbs: KEPT },
  { group: 'storage.k8s.io', resource: 'storageclasses', verbs: SEEN },
  { group: 'authentication.k8s.io', resource: 'tokenreviews', verbs: ['create'] },
];
