/** Credentials of a tenant for its Git sources: sealed as secrets are, shown to the hosts that they are for and to no other. */
import { NAME_PATTERN } from '../../../schema/ids.ts';
import type { EventType } from '../../domain/events/types.ts';
import { requireRole, wholeTenantOf } from '../access.ts';
import type { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { RequestError, SourceError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { GitCredential } from '../ports/artifacts.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import type { CredentialRecord } from '../records/credentials.ts';
import { PLATFORM_TENANT, type Role } from '../records/tenants.ts';
import { hostClusterOf, ofHostCluster } from './pull-secrets.ts';
import type { Credential, CredentialMutations, CredentialQueries, NewCredential } from './use-cases.ts';

/** As GitHub and Gitea want it with a token, and GitLab does not mind. */
const TOKEN_USERNAME = 'x-access-token';
const LONGEST_VALUE = 20_000;
const LONGEST_KNOWN_HOSTS = 20_000;
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/;

export interface CredentialsOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly fleet: Fleet;
  readonly keeper: Pick<ClusterKeeper, 'exclusively'>;
  readonly events: EventRecorder;
  readonly now: () => number;
  readonly newUid: NewUid;
}

export function createCredentialQueries({
  store,
  vault,
}: {
  readonly store: Pick<Store, 'credentials'>;
  readonly vault: Pick<Vault, 'has'>;
}): CredentialQueries {
  return {
    async credentials(principal, tenant, hostCluster) {
      const owner = ownerOf(principal, { tenant, hostCluster }, 'deployer');
      const found = await store.credentials.find({ tenant: owner });
      const meant = found.filter((record) => hostClusterOf(record).hostCluster === (hostCluster ?? null));
      return meant.map((record) => shown(record, vault)).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

export function createCredentialMutations(options: CredentialsOptions): CredentialMutations {
  const { store, vault, fleet, keeper, events, now, newUid } = options;
  const record = (credential: CredentialRecord, type: EventType, by: string, cause: string): void =>
    events.record({
      tenant: credential.tenant,
      subject: { kind: 'Credential', uid: credential.uid, name: credential.name },
      type,
      cause,
      data: { by, version: credential.version },
    });
  return {
    async setCredential(principal, given) {
      const tenant = ownerOf(principal, given, 'admin');
      check(given);
      const name = await nameIn(store, given);
      return keeper.exclusively([tenant], async () => {
        const [present] = await store.credentials.find({ tenant, name });
        const identity = {
          uid: present?.uid ?? newUid(now()),
          tenant,
          name,
          version: (present?.version ?? 0) + 1,
        };
        const credential: CredentialRecord = {
          ...identity,
          kind: given.kind,
          hosts: given.hosts.map((host) => host.toLowerCase()),
          username: given.kind === 'key' ? null : (given.username ?? TOKEN_USERNAME),
          knownHosts: given.kind === 'key' ? (given.knownHosts ?? '') : null,
          updatedAt: now(),
          updatedBy: principal.name,
          sealed: vault.seal(identity, given.value),
        };
        await store.credentials.save(credential);
        record(credential, 'credential.set', principal.name, principal.token);
        return shown(credential, vault);
      });
    },
    async deleteCredential(principal, ref) {
      const tenant = ownerOf(principal, ref, 'admin');
      const name = typeof ref.hostCluster === 'string' ? ofHostCluster(ref.hostCluster, ref.name) : ref.name;
      return keeper.exclusively([tenant], async () => {
        const [credential] = await store.credentials.find({ tenant, name });
        if (credential === undefined)
          throw new RequestError(
            'NOT_FOUND',
            `${tenant === PLATFORM_TENANT ? 'the platform' : `the tenant ${tenant}`} has no credential ${JSON.stringify(name)}`,
            {
              field: 'name',
            },
          );
        const users = [...fleet.clusters()].filter(
          (cluster) => cluster.record.tenant === tenant && cluster.plan.component?.source?.git.credentials === name,
        );
        if (users.length > 0)
          throw new RequestError(
            'CONFLICT',
            `the credential ${name} is named by ${users.map(({ keyText }) => keyText).join(', ')}; change their sources first`,
          );
        await store.credentials.delete(credential.uid);
        record(credential, 'credential.deleted', principal.name, principal.token);
        return shown(credential, vault);
      });
    },
  };
}

/** The credential as Git needs it. Throws `SourceError` GIT_CREDENTIALS_MISSING, and `SecretError` when it cannot be read. */
export async function openCredential(
  store: Pick<Store, 'credentials'>,
  vault: Pick<Vault, 'open'>,
  tenant: string,
  name: string,
): Promise<GitCredential> {
  const [record] = await store.credentials.find({ tenant, name });
  if (record === undefined)
    throw new SourceError(
      'GIT_CREDENTIALS_MISSING',
      `the tenant ${tenant} has no credential "${name}"; store it with "cartwright credential set ${name}"`,
    );
  if (record.kind === 'registry')
    throw new SourceError(
      'GIT_CREDENTIALS_MISSING',
      `the credential "${name}" is for a registry of images and not for Git; store another with "cartwright credential set"`,
    );
  const value = vault.open(record, record.sealed);
  const { hosts } = record;
  return record.kind === 'key'
    ? { kind: 'key', name, hosts, privateKey: value, knownHosts: record.knownHosts ?? '' }
    : { kind: 'password', name, hosts, username: record.username ?? TOKEN_USERNAME, password: value };
}

/** Whose it is: a tenant's, or for a host cluster the platform's. */
function ownerOf(
  principal: Principal,
  { tenant, hostCluster }: { readonly tenant?: string | null; readonly hostCluster?: string | null },
  role: Role,
): string {
  if (typeof hostCluster !== 'string') return wholeTenantOf(principal, tenant, role);
  requireRole(principal, 'operator');
  return PLATFORM_TENANT;
}

/** Throws `RequestError` INVALID or NOT_FOUND where it is for a host cluster that it cannot be for. */
async function nameIn(store: Pick<Store, 'hostClusters'>, { hostCluster, kind, name }: NewCredential): Promise<string> {
  if (typeof hostCluster !== 'string') return name;
  if (kind !== 'registry')
    throw new RequestError('INVALID', 'hostCluster: only a credential for a registry is for a host cluster', {
      field: 'hostCluster',
    });
  const [found] = await store.hostClusters.find({ name: hostCluster });
  if (found === undefined)
    throw new RequestError('NOT_FOUND', `there is no host cluster ${JSON.stringify(hostCluster)}`, {
      field: 'hostCluster',
    });
  return ofHostCluster(hostCluster, name);
}

function shown({ sealed, ...record }: CredentialRecord, vault: Pick<Vault, 'has'>): Credential {
  return { ...record, ...hostClusterOf(record), isReadable: vault.has(sealed.key) };
}

/** Throws `RequestError` INVALID, which names the field and holds no value. */
function check({ name, kind, hosts, username, knownHosts, value }: NewCredential): void {
  const refuse = (condition: boolean, field: string, message: string): void => {
    if (condition) throw new RequestError('INVALID', message, { field });
  };
  refuse(!NAME_PATTERN.test(name), 'name', 'name: expected 1 to 40 lower-case letters, digits and hyphens');
  refuse(
    hosts.length === 0,
    'hosts',
    'hosts: name at least one host that the credential is for, such as git.example.org',
  );
  const bad = hosts.find((host) => !HOST.test(host.toLowerCase()));
  refuse(
    bad !== undefined,
    'hosts',
    `hosts: ${JSON.stringify(bad?.slice(0, 100))} is no host; expected NAME or NAME:PORT`,
  );
  refuse(value === '' || value.length > LONGEST_VALUE, 'value', `value: expected 1 to ${LONGEST_VALUE} characters`);
  if (kind === 'key') {
    refuse(
      !/^-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n/.test(value),
      'value',
      'value: expected a private key as ssh-keygen writes it',
    );
    refuse(
      isEncrypted(value),
      'value',
      'value: the key has a passphrase, and nobody is there to type it; give a key without',
    );
    refuse((knownHosts ?? '').length > LONGEST_KNOWN_HOSTS, 'knownHosts', 'knownHosts: too long');
    return;
  }
  refuse(/\p{Cc}/u.test(value), 'value', 'value: a token or password has no control characters, no line feed either');
  refuse(
    (kind === 'password' || kind === 'registry') && (username ?? '') === '',
    'username',
    'username: a password needs the user that it is of',
  );
  refuse(/[\p{Cc}:]/u.test(username ?? ''), 'username', 'username: no control characters and no colon');
}

/** By PEM's header, or by the name of the cipher in OpenSSH's own form (PROTOCOL.key of OpenSSH). */
function isEncrypted(key: string): boolean {
  if (/ENCRYPTED/.test(key)) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END/.exec(key)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, 'base64');
  const start = 'openssh-key-v1\0'.length;
  return (
    bytes.length > start + 4 && bytes.subarray(start + 4, start + 4 + bytes.readUInt32BE(start)).toString() !== 'none'
  );
}
