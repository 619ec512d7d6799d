/** What a service cluster is made of, from manifests. Pure. */
import type { AutoscalingPolicySpec } from '../../../schema/manifests/policy.ts';
import type { LogFile } from '../../../schema/manifests/log-file.ts';
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import type { Route } from '../../../schema/mqtt/topology.ts';
import { effectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { RequestError } from '../errors.ts';
import type { ClusterPlan, PlannedSpec } from '../fleet/cluster-state.ts';
import type { ApplicationRecord, CartridgeRecord, PolicyRecord } from '../records.ts';
import { readStoredManifest } from './stored-manifest.ts';

export interface PlanContext {
  readonly cartridges: readonly CartridgeRecord[];
  readonly policies: readonly PolicyRecord[];
  readonly provider: 'process' | 'kubernetes';
  readonly balancerAlias: string;
  readonly balancerCartridge: string;
}

/** Throws `CARTRIDGE_MISSING` when a cartridge that was there at `apply` is there no more. */
export function makePlan(application: ApplicationRecord, alias: string, context: PlanContext): ClusterPlan {
  const components = application.manifest.spec.components.flatMap((component) =>
    component.kind === 'cartridge' ? [component] : [],
  );
  const component = components.find((candidate) => candidate.alias === alias) ?? null;
  const name = component?.cartridge ?? context.balancerCartridge;
  const cartridge = context.cartridges.find((candidate) => candidate.name === name);
  if (cartridge === undefined) {
    throw new RequestError(
      'CARTRIDGE_MISSING',
      `${application.name}/${alias} runs on the cartridge "${name}", which is not installed any more; install it again or change the component`,
    );
  }
  const { logs: cartridgeLogs = [], ...cartridgeSpec } = cartridge.manifest.spec;
  const spec = overridden(cartridgeSpec, component);
  const policy = effectivePolicy(policyOf(component, context.policies), spec, context.provider);
  return {
    component,
    cartridge,
    spec,
    logs: mergedLogs(cartridgeLogs, component?.logs ?? []),
    routes: routesOf(component, components, context).map((route) => withAffinity(route, spec)),
    limits: application.manifest.spec.limits,
    effective: policy,
    placementMaximum: placementMaximum(component, context.policies),
  };
}

function mergedLogs(ofCartridge: readonly LogFile[], ofComponent: readonly LogFile[]): LogFile[] {
  const isOverridden = ({ name }: LogFile): boolean => ofComponent.some((other) => other.name === name);
  return [...ofCartridge.filter((log) => !isOverridden(log)), ...ofComponent];
}

function overridden(spec: PlannedSpec, component: CartridgeComponent | null): PlannedSpec {
  if (component === null) return spec;
  const concurrency = component.concurrency ?? spec.concurrency;
  const readiness = component.readiness ?? spec.readiness;
  return {
    ...spec,
    resources: { ...spec.resources, ...component.resources },
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(readiness === undefined ? {} : { readiness }),
  };
}

/** Declared routes; without any, the first component with an HTTP port gets everything. */
function routesOf(
  component: CartridgeComponent | null,
  components: readonly CartridgeComponent[],
  context: PlanContext,
): readonly Route[] {
  if (component === null) return [];
  if (component.routes !== undefined) return component.routes;
  const servesHttp = (candidate: CartridgeComponent): boolean =>
    context.cartridges
      .find(({ name }) => name === candidate.cartridge)
      ?.manifest.spec.ports.some((port) => port.protocol === 'http') ?? false;
  const declared = components.some((candidate) =>
    candidate.routes?.some((route) => route.path === '/' && route.host === undefined),
  );
  return !declared &&
    components.find((candidate) => candidate.routes === undefined && servesHttp(candidate)) === component
    ? [{ path: '/' }]
    : [];
}

/** What the route says, else what the cartridge's sessions need; nothing where clients need not come back. */
function withAffinity({ affinity, ...route }: Route, spec: PlannedSpec): Route {
  return (affinity ?? spec.affinity) === 'cookie' ? { ...route, affinity: 'cookie' } : route;
}

function policyOf(
  component: CartridgeComponent | null,
  policies: readonly PolicyRecord[],
): AutoscalingPolicySpec | undefined {
  if (typeof component?.autoscaling !== 'string') return component?.autoscaling;
  const stored = policies.find(
    (policy) => policy.kind === 'AutoscalingPolicy' && policy.name === component.autoscaling,
  );
  return stored === undefined ? undefined : readStoredManifest(stored.manifest, 'AutoscalingPolicy').spec;
}

/** What the partitions of the deployment policy take together; null when one of them has no maximum. */
function placementMaximum(component: CartridgeComponent | null, policies: readonly PolicyRecord[]): number | null {
  const stored = policies.find((policy) => policy.kind === 'DeploymentPolicy' && policy.name === component?.deployment);
  if (stored === undefined) return null;
  const { partitions } = readStoredManifest(stored.manifest, 'DeploymentPolicy').spec;
  let total = 0;
  for (const { maximum } of partitions) {
    if (maximum === undefined) return null;
    total += maximum;
  }
  return total;
}
