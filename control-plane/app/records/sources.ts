/** What is stored of sources, uploads, builds and artifacts. Plain records; times are milliseconds since the epoch. */

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
