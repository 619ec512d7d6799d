/** What the control plane stores: plain records, one interface a noun. Times are milliseconds since the epoch. */
import type { Decision, DecisionInput } from '../domain/autoscaling/decision.ts';
import type { Tier } from '../domain/history/tiers.ts';
import type { Reading } from '../domain/metering/reading.ts';
import type { Usage } from '../domain/metering/usage.ts';
import type { CartridgeManifest } from '../../schema/manifests/cartridge.ts';
import type { ApplicationManifest } from '../../schema/manifests/application.ts';
import type { ReleaseConfiguration } from '../../schema/agent/instance.ts';
import type { SealedValue } from './ports/vault.ts';

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

export interface CartridgeRecord {
  readonly uid: string;
  readonly name: string;
  readonly generation: number;
  /** Absolute path of the cartridge's folder. */
  readonly directory: string;
  readonly manifest: CartridgeManifest;
}

export interface PolicyRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly name: string;
  readonly kind: 'AutoscalingPolicy' | 'DeploymentPolicy';
  readonly generation: number;
  readonly updatedAt: number;
  /** The manifest as stored, with its apiVersion. */
  readonly manifest: unknown;
}

export interface ApplicationRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly name: string;
  readonly generation: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Set when deletion was asked for; the record goes when nothing runs any more. */
  readonly deletingSince: number | null;
  readonly manifest: ApplicationManifest;
}

export interface OverrideRecord {
  readonly kind: 'pin' | 'floor';
  readonly instances: number;
  readonly reason: string;
  readonly by: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A service cluster: one alias of an application at run time. */
export interface ClusterRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly application: string;
  readonly applicationUid: string;
  readonly alias: string;
  readonly cartridge: string;
  readonly generation: number;
  readonly createdAt: number;
  readonly deletingSince: number | null;
  /** Instances wanted; stored before anything acts on it. */
  readonly wanted: number;
  /** Raised when a document could otherwise be taken for an older one (restored backup, takeover). */
  readonly epoch: number;
  /** Generation of the last `desired` document; raised with each change of it. */
  readonly desiredGeneration: number;
  readonly topologyGeneration: number;
  readonly stableRelease: string | null;
  readonly candidateRelease: string | null;
  /** Port at which a load balancer of this cluster is reached; kept over restarts. */
  readonly publicPort: number | null;
  readonly override: OverrideRecord | null;
  readonly paused: { readonly reason: string; readonly by: string; readonly since: number } | null;
  readonly shadow: boolean;
  /** Durations of the last successful starts, newest last (at most 20). */
  readonly startSeconds: readonly number[];
}

export interface SourceRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly cluster: string;
  readonly createdAt: number;
  readonly origin:
    | {
        readonly kind: 'git';
        readonly url: string;
        readonly ref: string;
        readonly commit: string;
        /** Folder of the repository that is the source; its root if absent. */
        readonly directory?: string;
        /** Name of the credential that it is read with. */
        readonly credentials?: string;
        readonly message: string;
        readonly author: string;
      }
    | { readonly kind: 'upload'; readonly digest: string; readonly bytes: number; readonly by: string };
}

/** A tree that somebody uploaded: whose it is. What it holds is stored once, by its digest. */
export interface UploadRecord {
  readonly uid: string;
  readonly tenant: string;
  /** `sha256-<hex>`. */
  readonly digest: string;
  readonly bytes: number;
  readonly createdAt: number;
  /** Name of the token. */
  readonly by: string;
}

export interface BuildRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly cluster: string;
  readonly source: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed';
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly artifact: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface ArtifactRecord {
  /** `sha256-<hex>`. */
  readonly uid: string;
  readonly bytes: number;
  readonly createdAt: number;
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
  readonly cartridge: { readonly name: string; readonly version: string };
  readonly configuration: ReleaseConfiguration;
  readonly configurationDigest: string;
  readonly state: 'candidate' | 'stable' | 'superseded' | 'returned';
}

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

/** What a tenant's Git sources are read with. */
export interface CredentialRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly name: string;
  readonly kind: 'token' | 'password' | 'key';
  /** Hosts that it may be shown to: `name` or `name:port`. */
  readonly hosts: readonly string[];
  /** Null for a key: that is in the URL. */
  readonly username: string | null;
  /** Lines as of ssh's known_hosts; null for what is no key. */
  readonly knownHosts: string | null;
  /** Counts the values that it has had. */
  readonly version: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly sealed: SealedValue;
}

export type LifecycleState =
  'created' | 'initialized' | 'starting' | 'active' | 'maintenance' | 'ready-to-shutdown' | 'terminated' | 'faulty';

export interface InstanceRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  readonly cluster: string;
  readonly state: LifecycleState;
  readonly unreachable: boolean;
  readonly reason: { readonly code: string; readonly message: string } | null;
  readonly createdAt: number;
  readonly activeAt: number | null;
  readonly terminatedAt: number | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly release: string | null;
  readonly tokenHash: string;
  /** Decision or request that asked for it. */
  readonly cause: string | null;
  /** Taken out of the load balancers, to be stopped or to switch its release; null while it serves. */
  readonly draining: { readonly purpose: 'stop' | 'switch'; readonly since: number } | null;
  readonly inventory: Readonly<Record<string, string | number>> | null;
}

export interface EventRecord {
  /** Order of the log; assigned by the store. */
  readonly sequence: number;
  readonly uid: string;
  readonly at: number;
  readonly tenant: string | null;
  /** Name of the application that it happened to, or within; null: it concerns the tenant, or the platform, as a whole. */
  readonly application: string | null;
  readonly subject: { readonly kind: string; readonly uid: string; readonly name: string };
  /** Dotted, e.g. `instance.faulty`. */
  readonly type: string;
  readonly cause: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}
export type NewEvent = Omit<EventRecord, 'sequence' | 'uid'>;

/** A stored decision. Equal consecutive non-actions are one row: `at` … `lastAt`, `count` evaluations. */
export interface DecisionRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly cluster: string;
  readonly at: number;
  readonly lastAt: number;
  readonly count: number;
  readonly acted: boolean;
  readonly reasonCode: string;
  readonly from: number;
  readonly to: number;
  readonly sentence: string;
  readonly decision: Decision;
  /** All inputs, for an action and for the last of a run; computing it again gives `decision` to the bit. */
  readonly input: DecisionInput | null;
}

/** A block of a service cluster's demand history; see domain/history. */
export interface HistoryBlockRecord {
  /** {@link historyUid} of the rest, so that blocks of a tier are in order of time. */
  readonly uid: string;
  readonly tenant: string;
  readonly cluster: string;
  readonly tier: Tier['name'];
  /** First second of the block, since the epoch. */
  readonly from: number;
  /** When it is not needed any more, in milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly block: Uint8Array;
}

/** What one service cluster used in one hour. */
export interface UsageRecord {
  /** {@link usageUid} of the rest, so that records are in order of time. */
  readonly uid: string;
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  readonly cluster: string;
  /** Start of the hour, in milliseconds since the epoch. */
  readonly hour: number;
  readonly usage: Usage;
}

/** What the meters of a service cluster stood at when they were last read; stored together with the usage that this made. */
export interface MeterRecord {
  /** Uid of the service cluster. */
  readonly uid: string;
  readonly tenant: string;
  /** Raised with each store, so that one whose answer was lost is not done twice. */
  readonly sequence: number;
  /** Until when instances' time is metered, in milliseconds since the epoch. */
  readonly until: number;
  /** By instance, or by load balancer's instance. */
  readonly readings: Readonly<Record<string, Reading>>;
}

export interface SettingRecord {
  readonly uid: string;
  readonly value: unknown;
}
