/** What is stored of releases and their roll-outs. Plain records; times are milliseconds since the epoch. */
import type { ReleaseConfiguration } from '../../../schema/agent/instance.ts';
import type { AutoscalingPolicySpec } from '../../../schema/manifests/policy.ts';

/** By which policies a service cluster was scaled and placed when a release was made; a rollback restores them only if asked. */
export interface NotedPolicies {
  /** As the component said: a policy's name, or what it says itself; null: the defaults. */
  readonly autoscaling: string | AutoscalingPolicySpec | null;
  readonly deployment: string | null;
  /** The policies that it names, as they were stored. */
  readonly manifests: readonly unknown[];
}

/** Immutable but for `state`. */
export interface ReleaseRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly cluster: string;
  /** 1, 2, 3 … within the service cluster; what people say. */
  readonly number: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly artifact: string | null;
  readonly source: string | null;
  readonly build: string | null;
  readonly cartridge: {
    readonly name: string;
    readonly version: string;
    /** Of its folder. None: made before versions of cartridges were kept, or it is an image. */
    readonly digest?: string;
    /** What its instances are run from, by digest. None: from no image, or made before images were kept; that of the cartridge is taken then. */
    readonly image?: string;
  };
  readonly configuration: ReleaseConfiguration;
  readonly configurationDigest: string;
  /** Null: made before they were noted, or for no component of a manifest. */
  readonly policies: NotedPolicies | null;
  /** Uid of the release that it is once more, of the first one where that is such a one itself; null: it is one of its own. */
  readonly restartOf: string | null;
  /** `skipped`: another one took its place while it waited; it never ran. */
  readonly state: 'candidate' | 'stable' | 'superseded' | 'returned' | 'skipped';
}

/** Reason of a roll-out that is taken back because a person asked for another release. */
export const RETURNED_BY_REQUEST = 'returned-by-request';

export interface RolloutRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly cluster: string;
  readonly from: string | null;
  readonly to: string;
  readonly state: 'running' | 'returning' | 'succeeded' | 'returned';
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly reason: { readonly code: string; readonly message: string } | null;
  /** Instances that take the candidate, in the order in which they got it. */
  readonly instances: readonly string[];
}
