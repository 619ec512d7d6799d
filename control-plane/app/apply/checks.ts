/** What a manifest names must be there. Each check gives the problems that it finds: expected, found, what to do. */
import { isDeepStrictEqual } from 'node:util';
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import type { FieldPath, Problem } from '../../../schema/manifests/problem.ts';
import type { Manifest } from '../../../schema/manifests/kinds.ts';
import type { AutoscalingPolicySpec, DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import { nearest, suggestion } from '../../../schema/manifests/suggest.ts';
import { FACTOR_NAMES, factorOf } from '../../domain/autoscaling/factors.ts';
import { LOCAL_HOST_CLUSTER, placeText } from '../../domain/placement/placement.ts';
import { planPartitions } from '../placement/plan-partitions.ts';
import { RequestError } from '../errors.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import type { ClusterRecord } from '../records/clusters.ts';

export function referenceProblem(path: FieldPath, message: string, at: Problem['at'] = 'value'): Problem {
  return { code: 'MANIFEST_REFERENCE', path, at, message };
}

function checkCartridge(name: string, cartridges: readonly CartridgeRecord[], path: FieldPath): Problem[] {
  const found = cartridges.find((cartridge) => cartridge.name === name);
  if (found?.manifest.spec.category === 'load-balancer') {
    const why = `"${name}" is a load balancer, which the platform deploys by itself where an application has an HTTP port`;
    return [referenceProblem(path, `expected another cartridge: ${why}`)];
  }
  if (found !== undefined) return [];
  const known = cartridges
    .filter((cartridge) => cartridge.manifest.spec.category !== 'load-balancer')
    .map((cartridge) => cartridge.name);
  return [
    referenceProblem(path, `expected the name of an installed cartridge, found "${name}"${suggestion(name, known)}`),
  ];
}

/** `named`: the policies that there are, as `kind/name`. */
function checkPolicy(named: ReadonlySet<string>, kind: string, name: string, path: FieldPath): Problem[] {
  if (named.has(`${kind}/${name}`)) return [];
  const known = [...named].filter((key) => key.startsWith(`${kind}/`)).map((key) => key.slice(kind.length + 1));
  const near = nearest(name, known);
  const hint = near === undefined ? 'apply it first or in the same call' : `did you mean "${near}"?`;
  return [
    referenceProblem(
      path,
      `expected the name of ${kind === 'AutoscalingPolicy' ? 'an' : 'a'} ${kind} of this tenant, found "${name}"; ${hint}`,
    ),
  ];
}

/** What a component is checked against. `named`: the policies that there are, as `kind/name`. */
export interface Present {
  readonly cartridges: readonly CartridgeRecord[];
  readonly named: ReadonlySet<string>;
  /** The service cluster of its alias, if there is one. */
  readonly running: ClusterRecord | undefined;
  readonly balancerAlias: string;
}

/** Every reference of a component, and its alias. */
export function checkComponent(component: CartridgeComponent, present: Present, at: FieldPath): Problem[] {
  const { alias, cartridge, autoscaling, deployment } = component;
  const { named, running } = present;
  const problems: Problem[] = [];
  if (alias === present.balancerAlias) {
    const why = `"${alias}" is the platform's own, for the load balancer`;
    problems.push(referenceProblem([...at, 'alias'], `expected another alias: ${why}`));
  }
  // A service cluster keeps its cartridge: what runs on it cannot become something else.
  if (running !== undefined && running.cartridge !== cartridge && alias !== present.balancerAlias) {
    const message = `expected "${running.cartridge}", on which ${alias} runs, found "${cartridge}"; another cartridge needs another alias`;
    problems.push(referenceProblem([...at, 'cartridge'], message));
  } else {
    problems.push(...checkCartridge(cartridge, present.cartridges, [...at, 'cartridge']));
  }
  if (typeof autoscaling === 'string')
    problems.push(...checkPolicy(named, 'AutoscalingPolicy', autoscaling, [...at, 'autoscaling']));
  else if (autoscaling !== undefined) problems.push(...checkFactors(autoscaling, [...at, 'autoscaling']));
  if (deployment !== undefined)
    problems.push(...checkPolicy(named, 'DeploymentPolicy', deployment, [...at, 'deployment']));
  return problems;
}

/** A factor that nobody registered would take no part in any decision. */
export function checkFactors({ factors }: AutoscalingPolicySpec, at: FieldPath): Problem[] {
  return Object.keys(factors ?? {})
    .filter((name) => factorOf(name) === undefined)
    .map((name) => {
      const known = suggestion(name, [...FACTOR_NAMES, 'app-…']);
      return referenceProblem(
        [...at, 'factors', name],
        `expected a factor, or a gauge of the application’s own (app-…), found "${name}"${known}`,
        'key',
      );
    });
}

export function checkHostClusters(
  { spec }: Extract<Manifest, { kind: 'DeploymentPolicy' }>,
  provider: 'process' | 'kubernetes',
): Problem[] {
  if (provider !== 'process') return [];
  return spec.partitions.flatMap(({ hostCluster }, index) => {
    if (hostCluster === LOCAL_HOST_CLUSTER) return [];
    const why = `this control plane runs instances as processes of its own machine, which is "${LOCAL_HOST_CLUSTER}"`;
    const path = ['spec', 'partitions', index, 'hostCluster'];
    return [referenceProblem(path, `expected "${LOCAL_HOST_CLUSTER}", found "${hostCluster}": ${why}`)];
  });
}

/** The nodes of a partition stay: what runs there would be restarted, all of it at once. */
export function checkKeptPartitions(
  { spec }: Extract<Manifest, { kind: 'DeploymentPolicy' }>,
  present: DeploymentPolicySpec | null,
): Problem[] {
  const before = new Map(planPartitions(present ?? spec, []).map((one) => [placeText(one), one.nodeSelector]));
  return planPartitions(spec, []).flatMap(({ hostCluster, partition, nodeSelector }, index) => {
    const place = placeText({ hostCluster, partition });
    if (!before.has(place) || isDeepStrictEqual(before.get(place), nodeSelector)) return [];
    const why = `the nodes of "${partition}" cannot become others, as its instances would be restarted together; those of a partition with another name are moved there one by one`;
    return [referenceProblem(['spec', 'partitions', index, 'name'], `expected another name: ${why}`)];
  });
}

/**
 * Where instances of different tenants are not kept from each other, only one tenant has any. A tenant that has some already
 * may change what it has. `asked`: tenants of the applications to be applied; `present`: those that have service clusters.
 */
export function checkOnlyTenant(asked: readonly string[], present: readonly string[]): void {
  for (const tenant of asked) {
    if (present.includes(tenant)) continue;
    const other = [...present, ...asked].find((name) => name !== tenant);
    if (other === undefined) continue;
    throw new RequestError(
      'TENANTS_NOT_ISOLATED',
      `the tenant ${tenant} cannot have instances here: this control plane starts all of them as one user of its machine, and the tenant ${other} has some, whose files and processes they could reach. Use another control plane for ${tenant}, or let this one give each tenant a user id of its own (CARTWRIGHT_TENANT_USERS)`,
      { field: 'metadata.tenant' },
    );
  }
}
