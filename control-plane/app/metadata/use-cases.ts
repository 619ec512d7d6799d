/** What can be asked about metadata. */
import type { ConfigurationRef } from '../configuration/use-cases.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { ClusterRecord } from '../records/clusters.ts';

/** What was set for an application, or for one service cluster alone. */
export interface MetadataState {
  /** 0: nothing was ever set. Grows with each change. */
  readonly generation: number;
  /** By key. */
  readonly entries: readonly { readonly key: string; readonly value: string }[];
  readonly updatedAt: number | null;
  /** Name of the token. */
  readonly updatedBy: string | null;
}

export interface MetadataQueries {
  metadata(principal: Principal, cluster: ClusterRecord): Promise<MetadataState>;
  applicationMetadata(principal: Principal, application: ApplicationRecord): Promise<MetadataState>;
}

export interface MetadataMutations {
  /** Sets and removes keys in one change; agents have it without a restart. Nothing is stored when nothing is another. */
  setMetadata(
    principal: Principal,
    ref: ConfigurationRef & {
      readonly set: readonly { readonly key: string; readonly value: string }[];
      readonly remove: readonly string[];
      readonly expectedGeneration?: number;
    },
  ): Promise<MetadataState>;
}
