/** Secrets: set, unset, revoked. A value is sealed as soon as it is here and is in no event, error or answer. */
import { LONGEST_SECRET } from '../../../schema/agent/instance.ts';
import { LONGEST_VALUE } from '../../../schema/manifests/variable.ts';
import type { EventType } from '../../domain/events/types.ts';
import { presentOf } from '../deploy/releases.ts';
import { RequestError, SecretError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Principal } from '../principal.ts';
import type { SecretVersionRecord } from '../records/configuration.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import { checkName, checkOnce, checkText } from './checks.ts';
import type { Changes } from './changes.ts';
import type { Owner } from './owner.ts';
import type { ConfigurationMutations, NewSecret } from './use-cases.ts';

/** Of one application or service cluster. */
const MOST_SECRETS = 100;

export function keepingSecrets(
  changes: Changes,
): Pick<ConfigurationMutations, 'setSecrets' | 'unsetSecrets' | 'revokeSecret'> {
  const { store, events, releases, now } = changes.options;

  function record(principal: Principal, owner: Owner, type: EventType, data: Readonly<Record<string, unknown>>): void {
    const { tenant, subject } = owner;
    events.record({ tenant, subject, type, cause: principal.token, data: { by: principal.name, ...data } });
  }

  return {
    async setSecrets(principal, ref) {
      for (const secret of ref.secrets) check(secret);
      checkOnce(
        ref.secrets.map(({ name }) => name),
        'secrets',
      );
      return changes.make(principal, ref, async (owner) => {
        const present = await store.secretVersions.find({ owner: owner.uid });
        const made = ref.secrets.flatMap((secret) => nextVersion(changes, principal, owner, present, secret) ?? []);
        const names = new Set([...present.filter(isCurrent), ...made].map(({ name }) => name));
        if (names.size > MOST_SECRETS)
          throw new RequestError('INVALID', `${owner.name} would have ${names.size} secrets; at most ${MOST_SECRETS}`, {
            field: 'secrets',
          });
        const before = present.filter((old) => isCurrent(old) && made.some(({ name }) => name === old.name));
        await store.transaction(async (tx) => {
          for (const version of before) await tx.secretVersions.save({ ...version, retiredAt: now() });
          for (const version of made) await tx.secretVersions.save(version);
        });
        for (const { name, version, delivery } of made)
          record(principal, owner, 'secret.set', { name, version, delivery });
        return made.map(({ name }) => name);
      });
    },

    async unsetSecrets(principal, ref) {
      checkOnce(ref.names, 'names');
      return changes.make(principal, ref, async (owner) => {
        const versions = await Promise.all(ref.names.map((name) => versionsNamed(changes, owner, name)));
        const ending = versions.flat().filter(isCurrent);
        await store.transaction(async (tx) => {
          for (const version of ending) await tx.secretVersions.save({ ...version, retiredAt: now() });
        });
        for (const { name, version } of ending) record(principal, owner, 'secret.unset', { name, version });
        return ending.map(({ name }) => name);
      });
    },

    async revokeSecret(principal, ref) {
      const revoked = new Set<string>();
      const store_ = async (owner: Owner): Promise<readonly string[]> => {
        const all = await versionsNamed(changes, owner, ref.name);
        const named = all.filter(({ version }) => ref.version === undefined || version === ref.version);
        if (named.length === 0)
          throw new RequestError('NOT_FOUND', `the secret ${ref.name} of ${owner.name} has no version ${ref.version}`, {
            field: 'version',
          });
        const ending = named.filter(({ revokedAt }) => revokedAt === null);
        if (!ref.force) checkUnused(owner, ending);
        await store.transaction(async (tx) => {
          for (const version of ending)
            await tx.secretVersions.save({
              ...version,
              retiredAt: version.retiredAt ?? now(),
              revokedAt: now(),
              revokedBy: principal.name,
              sealed: null,
            });
        });
        for (const { uid, name, version } of ending) {
          revoked.add(uid);
          record(principal, owner, 'secret.revoked', { name, version, forced: ref.force });
        }
        return ending.length === 0 ? [] : [ref.name];
      };
      return changes.make(principal, ref, store_, async (cluster): Promise<ReleaseRecord | null> => {
        const present = presentOf(cluster);
        const takesIt = present?.configuration.secrets?.some(({ uid }) => revoked.has(uid)) === true;
        return takesIt ? releases.replace(cluster, present, principal.name) : releases.ensure(cluster, principal.name);
      });
    },
  };
}

function check({ name, value, delivery }: NewSecret): void {
  checkName(name, 'secrets');
  checkText(`the value of ${name}`, value, delivery === 'file' ? LONGEST_SECRET : LONGEST_VALUE, 'secrets');
  if (value === '')
    throw new RequestError('INVALID', `the value of ${name} is empty; to take the secret away, unset it`, {
      field: 'secrets',
    });
}

function isCurrent({ retiredAt, revokedAt }: SecretVersionRecord): boolean {
  return retiredAt === null && revokedAt === null;
}

/** Null where the present version is the same already. */
function nextVersion(
  { options: { vault, now, newUid } }: Changes,
  principal: Principal,
  owner: Owner,
  present: readonly SecretVersionRecord[],
  { name, value, delivery }: NewSecret,
): SecretVersionRecord | null {
  const earlier = present.filter((version) => version.name === name);
  const current = earlier.find(isCurrent);
  const isSame =
    current?.delivery === delivery &&
    current.sealed !== null &&
    vault.has(current.sealed.key) &&
    vault.open(current, current.sealed) === value;
  if (isSame) return null;
  const identity = {
    uid: newUid(now()),
    tenant: owner.tenant,
    name,
    version: Math.max(0, ...earlier.map(({ version }) => version)) + 1,
  };
  return {
    ...identity,
    owner: owner.uid,
    delivery,
    createdAt: now(),
    createdBy: principal.name,
    retiredAt: null,
    revokedAt: null,
    revokedBy: null,
    sealed: vault.seal(identity, value),
  };
}

async function versionsNamed({ options }: Changes, owner: Owner, name: string): Promise<SecretVersionRecord[]> {
  const versions = await options.store.secretVersions.find({ owner: owner.uid, name });
  if (versions.length === 0)
    throw new RequestError('NOT_FOUND', `${owner.name} has no secret ${JSON.stringify(name.slice(0, 140))}`, {
      field: 'name',
    });
  return versions;
}

/** What runs, or is about to, or would be returned to. */
function releasesInUse({ pending, candidate, stable }: ClusterState): ReleaseRecord[] {
  return [pending, candidate, stable].filter((release) => release !== null);
}

/** Throws `SecretError` SECRET_IN_USE that names the version and who takes it. */
function checkUnused(owner: Owner, versions: readonly SecretVersionRecord[]): void {
  for (const { uid, name, version } of versions) {
    for (const cluster of owner.clusters) {
      const user = releasesInUse(cluster).find(({ configuration }) =>
        configuration.secrets?.some((reference) => reference.uid === uid),
      );
      if (user === undefined) continue;
      throw new SecretError(
        'SECRET_IN_USE',
        `version ${version} of the secret ${name} is taken by release ${user.number} of ${cluster.keyText}; set a new value first and revoke this version then, or force it, which makes a release without it`,
        { field: 'name' },
      );
    }
  }
}
