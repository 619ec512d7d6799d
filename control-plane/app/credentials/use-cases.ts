/** What can be asked about the credentials that a tenant's Git sources are read with, and images pulled. */
import type { Principal } from '../principal.ts';
import type { CredentialRecord } from '../records/credentials.ts';

/** A credential as people see it: everything but the value. */
export interface Credential extends Omit<CredentialRecord, 'sealed'> {
  /** For which alone images are pulled with it; null: a tenant's own. */
  readonly hostCluster: string | null;
  /** False when its key is lost. */
  readonly isReadable: boolean;
}

export interface NewCredential {
  readonly tenant?: string | null;
  /** For operators: what every tenant's images are pulled with in this host cluster. Of the kind `registry` alone. */
  readonly hostCluster?: string | null;
  readonly name: string;
  readonly kind: CredentialRecord['kind'];
  readonly hosts: readonly string[];
  readonly username?: string | null;
  readonly knownHosts?: string | null;
  /** The token, the password or the private key. */
  readonly value: string;
}

export interface CredentialQueries {
  /** `hostCluster`: those of operators for it, in place of a tenant's. */
  credentials(principal: Principal, tenant?: string | null, hostCluster?: string | null): Promise<Credential[]>;
}

export interface CredentialMutations {
  /** Makes it, or takes its place. */
  setCredential(principal: Principal, credential: NewCredential): Promise<Credential>;
  /** Throws `RequestError` CONFLICT while a source names it. */
  deleteCredential(
    principal: Principal,
    ref: { readonly tenant?: string | null; readonly hostCluster?: string | null; readonly name: string },
  ): Promise<Credential>;
}
