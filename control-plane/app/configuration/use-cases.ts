/** What can be asked about configuration and secrets. */
import type { Variable } from '../../domain/releases/environment.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { SecretVersionRecord } from '../records/configuration.ts';
import type { ReleaseRecord } from '../records/releases.ts';

/** One service cluster, or without an alias all components of the application. */
export interface ConfigurationRef {
  readonly tenant?: string | null;
  readonly application: string;
  readonly alias?: string | null;
}

/** What a change came to. */
export interface ConfigurationChange {
  /** Names of what is another than before; empty: nothing was to be done. */
  readonly changed: readonly string[];
  /** One for each service cluster that gets another environment by it. */
  readonly releases: readonly { readonly alias: string; readonly release: ReleaseRecord }[];
}

/** A version of a secret as people see it: everything but the value. */
export interface SecretVersion extends Omit<SecretVersionRecord, 'sealed'> {
  /** False when it was revoked, or its key is lost. */
  readonly isReadable: boolean;
}

export interface NewSecret {
  readonly name: string;
  readonly value: string;
  readonly delivery: SecretVersionRecord['delivery'];
}

export interface ConfigurationQueries {
  /** The environment that the next release of a service cluster takes, by name. Holds no secret's value. */
  variables(principal: Principal, cluster: ClusterRecord): Promise<Variable[]>;
  /** What was set for all components of an application, by name. */
  applicationVariables(
    principal: Principal,
    application: ApplicationRecord,
  ): Promise<readonly { readonly name: string; readonly value: string }[]>;
  /** Every version of the secrets of an application or service cluster itself, by name, oldest first. */
  secretVersions(principal: Principal, owner: ApplicationRecord | ClusterRecord): Promise<SecretVersion[]>;
}

export interface ConfigurationMutations {
  /** Sets and unsets variables over the manifest; all of it makes one release a service cluster. */
  configure(
    principal: Principal,
    ref: ConfigurationRef & {
      readonly set: readonly { readonly name: string; readonly value: string }[];
      readonly unset: readonly string[];
    },
  ): Promise<ConfigurationChange>;
  /** Stores new versions of secrets; all of them make one release a service cluster. The same value again changes nothing. */
  setSecrets(
    principal: Principal,
    ref: ConfigurationRef & { readonly secrets: readonly NewSecret[] },
  ): Promise<ConfigurationChange>;
  /** New releases no longer take them; a roll-back to an earlier release still does. */
  unsetSecrets(
    principal: Principal,
    ref: ConfigurationRef & { readonly names: readonly string[] },
  ): Promise<ConfigurationChange>;
  /**
   * Destroys one version of a secret, or all of them. Throws `SecretError` SECRET_IN_USE where a release that runs takes it,
   * unless it is forced: then a release without it is made.
   */
  revokeSecret(
    principal: Principal,
    ref: ConfigurationRef & { readonly name: string; readonly version?: number; readonly force: boolean },
  ): Promise<ConfigurationChange>;
}
