/** What a service cluster is made of, from manifests. Pure. */
import type { AutoscalingPolicySpec, DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import type { LogFile } from '../../../schema/manifests/log-file.ts';
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import { API_VERSION } from '../../../schema/manifests/envelope.ts';
import { cartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import type { Route } from '../../../schema/mqtt/topology.ts';
import { effectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { RequestError } from '../errors.ts';
import type { ClusterPlan, PlannedSpec } from '../fleet/cluster-state.ts';
import type { Runtimes } from '../ports/runtimes.ts';
import type { ApplicationRecord, PolicyRecord } from '../records/applications.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import { planBalancers, servingHttp, type BalancerPlan } from './balancer-plan.ts';
import { readStoredManifest } from './stored-manifest.ts';

export interface PlanContext {
  readonly cartridges: readonly CartridgeRecord[];
  readonly policies: readonly PolicyRecord[];
  readonly provider: 'process' | 'kubernetes';
  readonly balancerAlias: string;
  readonly balancerCartridge: string;
  /** By name of a cartridge, why no instance of it can run. */
  readonly unusable: ReadonlyMap<string, string>;
  readonly imageOf: NonNullable<Runtimes['imageOf']>;
}

/** Throws `CARTRIDGE_MISSING` when a cartridge that was there at `apply` is there no more, `CARTRIDGE_UNUSABLE` when what it needs is not. */
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
  const why = context.unusable.get(name);
  if (why !== undefined) throw new RequestError('CARTRIDGE_UNUSABLE', why);
  const { logs: cartridgeLogs = [], ...cartridgeSpec } = cartridge.manifest.spec;
  const spec = overridden(cartridgeSpec, component);
  const balancers = component === null ? balancersOf(components, context) : null;
  const image = context.imageOf(cartridge.manifest);
  const policy = effectivePolicy(boundsOf(balancers) ?? policyOf(component, context.policies), spec, context.provider);
  return {
    component,
    cartridge,
    spec,
    ...(image === undefined ? {} : { image }),
    logs: mergedLogs(cartridgeLogs, component?.logs ?? []),
    routes: routesOf(component, components, context).map((route) => withAffinity(route, spec)),
    limits: application.manifest.spec.limits,
    loadBalancer: application.manifest.spec.loadBalancer,
    effective: policy,
    placement: balancers === null ? placementOf(component, context.policies) : balancers.placement,
  };
}

/** Null where one balancer is all there is: on this machine a second one would be no more than the first. */
function balancersOf(components: readonly CartridgeComponent[], context: PlanContext): BalancerPlan | null {
  if (context.provider === 'process') return null;
  return planBalancers(
    servingHttp(components, context.cartridges).map((component) => placementOf(component, context.policies)),
  );
}

function boundsOf(balancers: BalancerPlan | null): AutoscalingPolicySpec | undefined {
  return balancers === null ? undefined : { minimum: balancers.instances, maximum: balancers.instances };
}

/**
 * Stands in for the plan of a service cluster that cannot be planned. Nothing is started by it: what it says of memory and
 * bounds is a cartridge's defaults.
 */
export function standInPlan(application: ApplicationRecord, record: ClusterRecord, context: PlanContext): ClusterPlan {
  const component = application.manifest.spec.components.find(
    (candidate): candidate is CartridgeComponent => candidate.kind === 'cartridge' && candidate.alias === record.alias,
  );
  const spec = cartridgeSpec.parse({
    version: 'unknown',
    category: record.alias === context.balancerAlias ? 'load-balancer' : 'framework',
    runtimes: [context.provider === 'process' ? 'process' : 'container'],
  });
  const manifest = { apiVersion: API_VERSION, kind: 'Cartridge', metadata: { name: record.cartridge }, spec } as const;
  return {
    component: component ?? null,
    cartridge: { uid: '', name: record.cartridge, generation: 0, directory: '', digest: null, manifest },
    spec,
    logs: [],
    routes: [],
    limits: undefined,
    loadBalancer: undefined,
    effective: effectivePolicy(undefined, spec, context.provider),
    placement: null,
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
  const declared = components.some((candidate) =>
    candidate.routes?.some((route) => route.path === '/' && route.host === undefined),
  );
  return !declared &&
    servingHttp(components, context.cartridges).find((candidate) => candidate.routes === undefined) === component
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

function placementOf(
  component: CartridgeComponent | null,
  policies: readonly PolicyRecord[],
): DeploymentPolicySpec | null {
  const stored = policies.find((policy) => policy.kind === 'DeploymentPolicy' && policy.name === component?.deployment);
  return stored === undefined ? null : readStoredManifest(stored.manifest, 'DeploymentPolicy').spec;
}
