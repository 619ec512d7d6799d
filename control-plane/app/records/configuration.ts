/** What is stored of what people set beside manifests: variables, metadata, secrets. Plain records; times are milliseconds since the epoch. */
import type { SealedValue } from '../ports/vault.ts';

/** Variables that people set over the manifest's environment, of one service cluster or of all of an application. */
export interface ConfigurationRecord {
  /** That of the application or service cluster whose it is. */
  readonly uid: string;
  readonly tenant: string;
  readonly generation: number;
  readonly updatedAt: number;
  /** Name of the token that last changed it. */
  readonly updatedBy: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Key-values that applications read while they run: of one service cluster, or of all of an application. */
export interface MetadataRecord {
  /** That of the application or service cluster whose it is. */
  readonly uid: string;
  readonly tenant: string;
  readonly generation: number;
  readonly updatedAt: number;
  /** Name of the token that last changed it. */
  readonly updatedBy: string;
  readonly entries: Readonly<Record<string, string>>;
}

/** One version of a secret. Immutable but for its end; the value is sealed, and gone once it is revoked. */
export interface SecretVersionRecord {
  readonly uid: string;
  readonly tenant: string;
  /** Uid of what it belongs to: a service cluster, or an application and so all of its components. */
  readonly owner: string;
  readonly name: string;
  /** 1, 2, 3 … of this name. */
  readonly version: number;
  /** How an application gets it: as the variable's value, or as a file whose path is the variable's value. */
  readonly delivery: 'environment' | 'file';
  readonly createdAt: number;
  readonly createdBy: string;
  /** When another version took its place or the secret was unset; null: new releases take this version. */
  readonly retiredAt: number | null;
  readonly revokedAt: number | null;
  readonly revokedBy: string | null;
  /** Null once it is revoked. */
  readonly sealed: SealedValue | null;
}
