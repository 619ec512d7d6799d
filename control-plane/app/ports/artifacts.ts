/** Fetching sources, building them and keeping the results. */
import type { Readable } from 'node:stream';
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import type { StoredThing } from '../../domain/collection/holdings.ts';
import type { SourceError } from '../errors.ts';
import type { PlacementRequest } from './provider.ts';

export interface GitCommit {
  readonly commit: string;
  readonly ref: string;
  readonly message: string;
  readonly author: string;
}

/** What a repository is found to be without anything of it being kept. */
export interface RepositoryLook {
  /** What its HEAD names; null: it is empty, or the server does not say. */
  readonly defaultBranch: string | null;
  /** By name, the first of them. */
  readonly branches: readonly string[];
  /** With those that are not among `branches`. */
  readonly branchCount: number;
  readonly found: FoundReference;
}

/** What a reference was found to point at. `unknown`: a commit that could not be asked for at little cost. */
export type FoundReference =
  | { readonly kind: 'commit'; readonly commit: string; readonly facts: CommitFacts | null }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'none'; readonly error: SourceError };

/** What a commit says of itself, as one line each; a text of strangers. */
export interface CommitFacts {
  readonly message: string;
  readonly author: string;
  /** Milliseconds since the epoch, as the author's clock had it; null where that is no time. */
  readonly authoredAt: number | null;
}

/** What a repository is read with. */
export type GitCredential = {
  /** As people call it; for messages. */
  readonly name: string;
  /** Hosts (`git.example.org`, `git.example.org:2222`) that it may be shown to, and no others. */
  readonly hosts: readonly string[];
} & (
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'key';
      readonly privateKey: string;
      /** Lines as of ssh's known_hosts. */
      readonly knownHosts: string;
    }
);

export interface GitRepository {
  /** Whose source it is: what was fetched for one tenant is nothing to another. */
  readonly tenant: string;
  readonly url: string;
  readonly credential?: GitCredential;
}

export interface SourceFetcher {
  /** Whether the repository may be asked, as far as that is known without asking. Throws `SourceError`. */
  check(repository: GitRepository): Promise<void>;
  /** The commit that a reference points at now. Asked again while it has not moved, it fetches nothing. Throws `SourceError`. */
  resolve(source: GitRepository & { branch?: string; tag?: string; commit?: string }): Promise<GitCommit>;
  /**
   * What a repository and a reference of it are, within 20 s; by the rules of `resolve`. Nothing is kept. Throws `SourceError`, also when
   * the signal is aborted.
   */
  look(
    source: GitRepository & { branch?: string; tag?: string; commit?: string },
    signal: AbortSignal,
  ): Promise<RepositoryLook>;
  /** Writes the tree of a commit (or of its sub-folder) into the empty folder `into`. Throws `SourceError`. */
  checkout(source: GitRepository & { commit: string; directory?: string }, into: string): Promise<void>;
  /** What is kept of repositories between two looks at them; fetched again when it is missing. */
  mirrors(): Promise<StoredThing[]>;
  /** Name of the mirror of a repository, whether or not it is there. */
  mirrorOf(repository: Pick<GitRepository, 'tenant' | 'url'>): string;
  /** Waits until nobody works on it; answers the bytes that it took. */
  removeMirror(name: string): Promise<number>;
  close(): Promise<void>;
}

export interface StoredArtifact {
  /** `sha256-<hex>` of the stored archive. */
  readonly digest: string;
  readonly bytes: number;
}

/** Content-addressed archives (gzip-compressed tar). */
export interface ArtifactStore {
  /** Packs a folder deterministically: the same tree gives the same digest. */
  pack(directory: string): Promise<StoredArtifact>;
  /** Stores an uploaded archive as it is, up to `maximumBytes`. Throws `ArtifactError`. */
  receive(archive: Readable, maximumBytes: number): Promise<StoredArtifact>;
  /** Unpacks into an empty folder; refuses paths and links that leave it, devices, and more than `maximumBytes`. Throws `ArtifactError`. */
  unpack(digest: string, into: string, maximumBytes: number): Promise<void>;
  /** Whether a packed archive holds something at a path (relative, with `/`); also true where that leads through a link. Throws `ArtifactError`. */
  holds(digest: string, path: string): Promise<boolean>;
  /** Absolute path of the archive, or `undefined` when it is not stored. */
  path(digest: string): Promise<string | undefined>;
  /** Removes an archive that has not been stored (again) since it was listed; answers whether it did. */
  delete(digest: string, listed: Pick<StoredThing, 'modifiedAt'>): Promise<boolean>;
  list(): Promise<StoredThing[]>;
}

/** Where builds work. */
export interface BuildFolders {
  /** A new, empty folder for the source of a build. `remove` takes everything in it along. */
  scratch(build: string): Promise<{ readonly path: string; remove(): Promise<void> }>;
  /** Folder that is kept between the builds of a service cluster; it may not be there yet. */
  cache(cluster: string): string;
  caches(): Promise<StoredThing[]>;
  /** To be called while no build of the service cluster runs; answers the bytes that it took. */
  removeCache(cluster: string): Promise<number>;
}

export interface BuildRequest {
  readonly build: string;
  /** Name of the tenant whose build it is. */
  readonly tenant: string;
  /** Folder with the source, which the build may change (a scratch copy). */
  readonly directory: string;
  readonly cartridgeDirectory: string;
  /** It was run before, by a control plane that ended: what that has begun may go on. */
  readonly isResumed: boolean;
  /** Whose build it is. */
  readonly service: Pick<InstanceDocument, 'application' | 'alias' | 'cluster' | 'cartridge'>;
  /**
   * Where it goes, if it is not run on this machine: where instances of the service cluster may be, to the first place with room for this much
   * memory. Rejects where it can go nowhere now.
   */
  readonly placeFor: (memoryBytes: number) => Promise<PlacementRequest>;
  /** Absent: nothing to build, the tree is the artifact. */
  readonly hook: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** The component's start command, which takes the place of the cartridge's hook; told to the hook, not run. */
  readonly start: readonly string[] | undefined;
  /** Folder kept between builds of the same service cluster. */
  readonly cacheDirectory: string;
  readonly timeoutSeconds: number;
  readonly maximumBytes: number;
}

export interface Builder {
  /** Runs the hook; every line of its output goes to `line`. Throws `BuildError` with a code and what to do. */
  run(request: BuildRequest, line: (text: string) => void, signal: AbortSignal): Promise<void>;
}
