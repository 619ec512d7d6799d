/** What there is that can be collected, as far as deciding needs it. Times are milliseconds since the epoch. */
import type { PastRollout } from '../releases/release-before.ts';

/** A file or a folder, called by its digest or by the uid of what it belongs to. */
export interface StoredThing {
  readonly name: string;
  /** Of a file or a build cache; other folders are measured when they are removed. */
  readonly bytes: number;
  readonly modifiedAt: number;
}

interface HeldCluster {
  readonly uid: string;
  readonly stableRelease: string | null;
  readonly candidateRelease: string | null;
}

export interface HeldRelease {
  readonly uid: string;
  readonly cluster: string;
  readonly number: number;
  readonly createdAt: number;
  readonly artifact: string | null;
  /** The version that it was made with, where that is kept. */
  readonly cartridge: { readonly digest?: string };
  readonly source: string | null;
  readonly build: string | null;
  readonly state: 'candidate' | 'stable' | 'superseded' | 'returned' | 'skipped';
}

export interface HeldRollout {
  readonly uid: string;
  readonly cluster: string;
  readonly from: string | null;
  readonly to: string;
  readonly state: PastRollout['state'];
  readonly finishedAt: number | null;
}

export interface HeldBuild {
  readonly uid: string;
  readonly cluster: string;
  readonly source: string;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

export interface HeldSource {
  readonly uid: string;
  readonly tenant: string;
  readonly cluster: string;
  readonly createdAt: number;
  /** A Git source's mirror or an uploaded tree. */
  readonly from: { readonly mirror: string } | { readonly upload: string };
}

export interface HeldUpload {
  readonly uid: string;
  readonly tenant: string;
  readonly digest: string;
  readonly createdAt: number;
}

interface HeldArtifact {
  /** Its digest. */
  readonly uid: string;
  readonly createdAt: number;
}

export interface Records {
  readonly clusters: readonly HeldCluster[];
  readonly releases: readonly HeldRelease[];
  readonly rollouts: readonly HeldRollout[];
  readonly builds: readonly HeldBuild[];
  readonly sources: readonly HeldSource[];
  readonly uploads: readonly HeldUpload[];
  readonly artifacts: readonly HeldArtifact[];
  /** Digests of the present versions of cartridges. */
  readonly cartridges: readonly string[];
  /** Releases that live instances run or start with. */
  readonly running: readonly string[];
}

export interface OnDisk {
  /** Artifacts and uploaded trees, by digest. */
  readonly archives: readonly StoredThing[];
  /** By build. */
  readonly logs: readonly StoredThing[];
  /** Build caches, by service cluster. */
  readonly caches: readonly StoredThing[];
  /** Git mirrors. */
  readonly mirrors: readonly StoredThing[];
}

export const RECORD_KINDS = ['releases', 'rollouts', 'builds', 'sources', 'uploads', 'artifacts'] as const;
export const FILE_KINDS = ['archives', 'logs', 'caches', 'mirrors'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];
export type FileKind = (typeof FILE_KINDS)[number];
