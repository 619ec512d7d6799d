/** What a manifest names must be there. Each throws `RequestError` INVALID with the field, what is there, and what to do. */
import type { Manifest } from '../../../schema/manifests/kinds.ts';
import type { AutoscalingPolicySpec } from '../../../schema/manifests/policy.ts';
import { FACTOR_NAMES, factorOf } from '../../domain/autoscaling/factors.ts';
import { RequestError } from '../errors.ts';
import type { CartridgeRecord } from '../records.ts';

/** The machine itself, as the process provider calls it; the only host cluster that it has. */
const LOCAL_HOST_CLUSTER = 'local';

export function checkCartridge(name: string, cartridges: readonly CartridgeRecord[], field: string): void {
  const found = cartridges.find((cartridge) => cartridge.name === name);
  const known = cartridges
    .filter((cartridge) => cartridge.manifest.spec.category !== 'load-balancer')
    .map((cartridge) => cartridge.name);
  if (found === undefined)
    throw new RequestError('INVALID', `${field}: there is no cartridge "${name}"; there are ${known.join(', ')}`, {
      field,
    });
  if (found.manifest.spec.category === 'load-balancer') {
    throw new RequestError(
      'INVALID',
      `${field}: "${name}" is a load balancer; the platform deploys it by itself with an application that has an HTTP port`,
      { field },
    );
  }
}

export function checkPolicy(named: ReadonlySet<string>, kind: string, name: string, field: string): void {
  if (!named.has(`${kind}/${name}`))
    throw new RequestError('INVALID', `${field}: there is no ${kind} "${name}"; apply it first or in the same call`, {
      field,
    });
}

/** A factor that nobody registered would take no part in any decision. */
export function checkFactors({ factors }: AutoscalingPolicySpec, at: string): void {
  const unknown = Object.keys(factors ?? {}).find((name) => factorOf(name) === undefined);
  if (unknown === undefined) return;
  const field = `${at}.factors.${unknown}`;
  const known = `${FACTOR_NAMES.join(', ')}, or a gauge of the application’s own, app-…`;
  throw new RequestError('INVALID', `${field}: there is no factor "${unknown}"; there are ${known}`, { field });
}

export function checkHostClusters(
  { spec, metadata }: Extract<Manifest, { kind: 'DeploymentPolicy' }>,
  provider: 'process' | 'kubernetes',
): void {
  if (provider !== 'process') return;
  for (const [index, { hostCluster }] of spec.partitions.entries()) {
    if (hostCluster === LOCAL_HOST_CLUSTER) continue;
    const field = `spec.partitions[${index}].hostCluster`;
    throw new RequestError(
      'INVALID',
      `DeploymentPolicy ${metadata.name}: ${field}: there is no host cluster "${hostCluster}"; this control plane runs instances as processes of its own machine, which is "${LOCAL_HOST_CLUSTER}"`,
      { field },
    );
  }
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
      `the tenant ${tenant} cannot have instances here: this control plane starts all of them as one user of its machine, and the tenant ${other} has some, whose files and processes they could reach. Use another control plane for ${tenant}, or one that gives each tenant a user id or a namespace of its own`,
      { field: 'metadata.tenant' },
    );
  }
}
