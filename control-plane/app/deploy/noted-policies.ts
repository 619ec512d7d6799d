/** By which policies a service cluster is scaled and placed: noted with each release, and brought back by a rollback that asks for them. */
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Store } from '../ports/store.ts';
import type { NotedPolicies } from '../records/releases.ts';

/** Null for the platform's own components. */
export async function notedPolicies(
  store: Pick<Store, 'policies'>,
  { record, plan }: ClusterState,
): Promise<NotedPolicies | null> {
  const { component } = plan;
  if (component === null) return null;
  const named = [
    { kind: 'AutoscalingPolicy' as const, name: component.autoscaling },
    { kind: 'DeploymentPolicy' as const, name: component.deployment },
  ];
  const manifests: unknown[] = [];
  for (const { kind, name } of named) {
    if (typeof name !== 'string') continue;
    const [stored] = await store.policies.find({ tenant: record.tenant, kind, name });
    if (stored !== undefined) manifests.push(stored.manifest);
  }
  return { autoscaling: component.autoscaling ?? null, deployment: component.deployment ?? null, manifests };
}

/** The documents that bring them back when they are applied: the policies as they were, and the application with this component asking for them. */
export function restoringManifests(
  { autoscaling, deployment, manifests }: NotedPolicies,
  application: ApplicationManifest,
  alias: string,
): unknown[] {
  const components = application.spec.components.map((component) => {
    if (component.kind !== 'cartridge' || component.alias !== alias) return component;
    // What is undefined is left out of the document.
    return { ...component, autoscaling: autoscaling ?? undefined, deployment: deployment ?? undefined };
  });
  return [...manifests, { ...application, spec: { ...application.spec, components } }];
}
