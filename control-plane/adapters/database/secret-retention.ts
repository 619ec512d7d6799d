/** Versions of secrets that no release can ask for any more: they are kept as long as their releases, and no longer. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { SecretVersionRecord } from '../../app/records/configuration.ts';
import type { Access } from './repositories.ts';
import type { Tables } from './tables.ts';

/** Removes them and returns how many. The newest version of a name stays, so that the next one gets the next number. */
export async function removeSecretVersions(tables: Tables, access: Access): Promise<number> {
  let removed = 0;
  for (const owner of await access.read((em) => tables.secretVersions.distinct(em, 'owner'))) {
    removed += await access.observe(async (em) => {
      const versions = await tables.secretVersions.find(em, { owner }, {});
      const ended = versions.filter((version) => version.retiredAt !== null && !isNewest(version, versions));
      if (ended.length === 0) return 0;
      const taken = await takenBy(em, tables, owner);
      const old = ended.filter(({ uid }) => !taken.has(uid));
      for (const { uid } of old) await tables.secretVersions.delete(em, { uid });
      return old.length;
    });
  }
  return removed;
}

function isNewest({ name, version }: SecretVersionRecord, all: readonly SecretVersionRecord[]): boolean {
  return all.every((other) => other.name !== name || other.version <= version);
}

/** Uids of the versions that the releases of a service cluster, or of all of an application, take. */
async function takenBy(em: SqlEntityManager, tables: Tables, owner: string): Promise<Set<string>> {
  const components = await tables.clusters.find(em, { applicationUid: owner }, {});
  const cluster = [owner, ...components.map(({ uid }) => uid)];
  const releases = await tables.releases.find(em, { cluster }, {});
  return new Set(releases.flatMap(({ configuration }) => (configuration.secrets ?? []).map(({ uid }) => uid)));
}
