/** What is stored of tenants, their quotas, and the tokens of people and programs. Plain records; times are milliseconds since the epoch. */

/** What a tenant may have at once, all its applications together. */
export interface TenantQuota {
  readonly instances: number;
  readonly applications: number;
  /** Memory that its instances declare, in bytes. */
  readonly memoryBytes: number;
  /** Builds that run; others wait. */
  readonly buildsAtOnce: number;
  /** Log lines that are kept, in bytes; the oldest go first. */
  readonly logBytes: number;
}

export interface TenantRecord {
  readonly uid: string;
  readonly name: string;
  readonly createdAt: number;
  readonly quota: TenantQuota;
  /** Set when deletion was asked for; the record goes when nothing of the tenant is left. */
  readonly deletingSince: number | null;
}

/** `operator`: the platform's, any tenant. The others belong to one tenant. */
export type Role = 'operator' | 'admin' | 'deployer' | 'viewer';

export interface TokenRecord {
  readonly uid: string;
  readonly name: string;
  /** SHA-256 of the token (hex); the token itself is never stored. */
  readonly hash: string;
  /** Null for the platform's operators, and only for them. */
  readonly tenant: string | null;
  readonly role: Role;
  /** Name of the only application that the token is for; null: all of the tenant's. */
  readonly application: string | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** Owner of what is the operators', in the place of a tenant; none can have this name. */
export const PLATFORM_TENANT = '*platform';
