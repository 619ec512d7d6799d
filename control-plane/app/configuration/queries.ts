/** Reads of configuration and secrets. No value of a secret is among what they answer. */
import { seenApplication, seenPart } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Repositories } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import { askedVariables, variablesOf } from './asked.ts';
import type { ConfigurationQueries } from './use-cases.ts';

export function createConfigurationQueries({
  store,
  vault,
  fleet,
}: {
  readonly store: Pick<Repositories, 'configurations' | 'secretVersions'>;
  readonly vault: Pick<Vault, 'has'>;
  readonly fleet: Fleet;
}): ConfigurationQueries {
  const check = (principal: Principal, owner: ApplicationRecord | ClusterRecord): void => {
    const found = 'alias' in owner ? seenPart(principal, owner) : seenApplication(principal, owner);
    if (found === undefined) throw new RequestError('NOT_FOUND', 'there is no such thing');
  };
  return {
    async variables(principal, record) {
      check(principal, record);
      const cluster = fleet.cluster(record.uid);
      return cluster === undefined ? [] : askedVariables(store, cluster);
    },
    async applicationVariables(principal, application) {
      check(principal, application);
      const variables = Object.entries(await variablesOf(store, application.uid));
      return variables.map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async secretVersions(principal, owner) {
      check(principal, owner);
      const versions = await store.secretVersions.find({ owner: owner.uid });
      return versions
        .map(({ sealed, ...version }) => ({ ...version, isReadable: sealed !== null && vault.has(sealed.key) }))
        .sort((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1));
    },
  };
}
