/** What the images of a tenant are pulled with in a host cluster: the operators' credentials for that one, and the tenant's own before them. */
import type { Logger } from 'pino';
import { SecretError } from '../errors.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { CredentialRecord } from '../records/credentials.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import { PLATFORM_TENANT } from '../records/tenants.ts';

/** As which a kubelet looks for what it pulls from Docker Hub with. */
const DOCKER_HUB = { host: 'docker.io', key: 'https://index.docker.io/v1/' } as const;
const TOLD_EVERY_MILLISECONDS = 600_000;

/** Names of credentials have no slash. */
export function ofHostCluster(hostCluster: string, name: string): string {
  return `${hostCluster}/${name}`;
}

/** The host cluster and the name that it is known by there; null for a tenant's own. */
export function hostClusterOf({ tenant, name }: Pick<CredentialRecord, 'tenant' | 'name'>): {
  readonly hostCluster: string | null;
  readonly name: string;
} {
  const slash = tenant === PLATFORM_TENANT ? name.indexOf('/') : -1;
  return slash < 0 ? { hostCluster: null, name } : { hostCluster: name.slice(0, slash), name: name.slice(slash + 1) };
}

export interface PullSecretsOptions {
  readonly store: Pick<Store, 'credentials'>;
  readonly vault: Pick<Vault, 'open'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly now: () => number;
}

/**
 * The text of Docker's `config.json`; undefined where no registry wants a password. The same credentials give the same text. One whose key is lost is left
 * out, and told.
 */
export function createPullSecrets({ store, vault, logger, now }: PullSecretsOptions) {
  const toldAt = new Map<string, number>();
  const open = (record: CredentialRecord): string | undefined => {
    try {
      return vault.open(record, record.sealed);
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      if (now() - (toldAt.get(record.uid) ?? -Infinity) >= TOLD_EVERY_MILLISECONDS) {
        toldAt.set(record.uid, now());
        logger.warn({ error, credential: record.name }, 'images of a private registry cannot be pulled; set it again');
      }
      return undefined;
    }
  };
  return async ({ name }: Pick<HostClusterRecord, 'name'>, tenant: string): Promise<string | undefined> => {
    const platform = await store.credentials.find({ tenant: PLATFORM_TENANT });
    const own = await store.credentials.find({ tenant });
    const auths = new Map<string, { readonly username: string; readonly password: string; readonly auth: string }>();
    for (const record of [...platform.filter((one) => hostClusterOf(one).hostCluster === name), ...own].filter(
      ({ kind }) => kind === 'registry',
    )) {
      const password = open(record);
      if (password === undefined) continue;
      const username = record.username ?? '';
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      for (const host of record.hosts)
        auths.set(host === DOCKER_HUB.host ? DOCKER_HUB.key : host, { username, password, auth });
    }
    if (auths.size === 0) return undefined;
    return JSON.stringify({ auths: Object.fromEntries([...auths].sort(([a], [b]) => (a < b ? -1 : 1))) });
  };
}
