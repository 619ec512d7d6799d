/** Sources from Git repositories, by the git program. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { SourceError } from '../../app/errors.ts';
import type {
  GitCommit,
  GitCredential,
  GitRepository,
  RepositoryLook,
  SourceFetcher,
} from '../../app/ports/artifacts.ts';
import type { StoredThing } from '../../domain/collection/holdings.ts';
import { listFolder, removeMeasured } from '../disk/stored.ts';
import { emptyFolder } from '../artifacts/empty-folder.ts';
import { checkCredential, PRIVATE_PREFIX, withAccess } from './access.ts';
import { checkAddress, type GitAddress } from './address.ts';
import { failure } from './explain.ts';
import { namesOf, pointedAt, readListed, type Listed, type Pointed } from './listed.ts';
import { factsOf, LIST_SECONDS, lookAt } from './look.ts';
import { Mirror } from './mirror.ts';
import { checkCommit, checkDirectory, readReference, type NamedReferences, type Reference } from './reference.ts';
import { publicAddresses, systemLookUp, type LookUp } from './network.ts';
import { hasProxy, runGit, startGit, type GitCall, type GitEnvironment, type RunningGit } from './run.ts';
import { listTree, type TreeEntry } from './tree.ts';
import { writeTree } from './write-tree.ts';

export interface SourceFetcherOptions {
  /** Absolute path of a folder of its own: mirrors, and the little that git needs as a home. */
  readonly cacheDirectory: string;
  /**
   * Hosts that may be fetched from: names, `name:port`, `*.domain`, `any`. What is not named itself must not lead into the
   * platform's network.
   */
  readonly allowedHosts: readonly string[];
  /** Folders of this machine whose repositories may be used. None: `file:` is refused. */
  readonly allowedFileRoots: readonly string[];
  /** For each call of git; 120 s if absent. */
  readonly timeoutSeconds?: number;
  /** Largest source, and largest fetch; 512 MiB if absent. */
  readonly maximumBytes?: number;
  /** Most memory that one call of git may take, with all that it starts; 1 GiB if absent. */
  readonly maximumMemoryBytes?: number;
  /** How host names are resolved; as the machine does it if absent. */
  readonly lookUp?: LookUp;
  /** Search path for git and ssh; the control plane's own if absent. */
  readonly path?: string;
}

/**
 * Owner's checks are off because operators name the folders. What is fetched goes to the disk as it comes, where its size is
 * watched, and not into memory. The rest keeps git from doing anything but what it is told.
 */
const CONFIGURATION = `[safe]
	directory = *
[core]
	hooksPath = /dev/null
	askPass = false
	bigFileThreshold = 16m
[fetch]
	unpackLimit = 1
[credential]
	helper =
[gc]
	auto = 0
[http]
	followRedirects = false
	lowSpeedLimit = 1
	lowSpeedTime = 30
[submodule]
	recurse = false
[init]
	defaultBranch = main
`;

const KEY_LENGTH = 32;
const MIRROR_SUFFIX = '.git';
const MIRROR_NAME = /^[0-9a-f]{32}\.git(\.[0-9a-f-]{36})?$/;

export function createSourceFetcher(options: SourceFetcherOptions): SourceFetcher {
  return new GitFetcher(options);
}

class GitFetcher implements SourceFetcher {
  readonly #options: SourceFetcherOptions;
  readonly #environment: GitEnvironment;
  readonly #timeoutSeconds: number;
  readonly #maximumBytes: number;
  readonly #abort = new AbortController();
  /** By mirror: the last work on it. */
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #running = new Set<Promise<unknown>>();
  /**
   * By mirror: what was described last. Who follows a branch asks again and again for the commit that it has already, and each
   * git that need not be started is time in which the control plane does not stand still.
   */
  readonly #described = new Map<string, Described>();
  readonly #mirrors: string;
  #prepared: Promise<void> | undefined;

  constructor(options: SourceFetcherOptions) {
    this.#options = options;
    this.#mirrors = join(options.cacheDirectory, 'mirrors');
    this.#timeoutSeconds = options.timeoutSeconds ?? 120;
    this.#maximumBytes = options.maximumBytes ?? 512 * 1024 * 1024;
    this.#environment = {
      path: options.path ?? process.env.PATH ?? '/usr/bin:/bin',
      home: join(options.cacheDirectory, 'home'),
      configuration: join(options.cacheDirectory, 'gitconfig'),
      ssh: undefined,
      maximumMemoryBytes: options.maximumMemoryBytes ?? 1024 ** 3,
    };
  }

  async check(repository: GitRepository): Promise<void> {
    checkCredential(await checkAddress(repository.url, this.#options), repository.credential);
  }

  resolve(source: NamedReferences & GitRepository): Promise<GitCommit> {
    return this.#track(async () => {
      const reference = readReference(source);
      return this.#reach(source, async (server) => {
        if (reference.kind === 'commit') {
          const { id } = reference;
          return this.#withMirror(server, async (mirror) => {
            const fetch = () => mirror.fetchCommit(id).then(() => id);
            return { ...(await this.#describe(server, mirror, id, fetch)), ref: id };
          });
        }
        const pointed = await this.#lookUp(server, reference);
        return this.#withMirror(server, async (mirror) => {
          // Fetched by name, not by id: not every server gives an id, and what it points at by now is at least as good.
          const fetch = () => mirror.fetchReference(pointed.name);
          return { ...(await this.#describe(server, mirror, pointed.commit, fetch)), ref: pointed.shortName };
        });
      });
    });
  }

  look(source: NamedReferences & GitRepository, signal: AbortSignal): Promise<RepositoryLook> {
    const either = AbortSignal.any([signal, this.#abort.signal]);
    return this.#track(() =>
      this.#reach(source, (server) => {
        const bounds = { timeoutSeconds: Math.min(LIST_SECONDS, this.#timeoutSeconds), signal: either };
        const mirror = this.#mirrorAt(server);
        return lookAt(source, {
          list: (patterns) => this.#list(server, patterns, bounds),
          missing: (reference) => this.#missing(server, reference, bounds),
          // Not in its turn: a commit that is there is whole, and one that is just being brought is not waited for.
          known: async (commit) => ((await mirror.has(commit)) ? factsOf(mirror, commit) : undefined),
          mirror: { ...server, signal: either },
          folder: this.#options.cacheDirectory,
        });
      }),
    );
  }

  checkout(source: GitRepository & { commit: string; directory?: string }, into: string): Promise<void> {
    return this.#track(async () => {
      const commit = checkCommit(source.commit);
      const directory = checkDirectory(source.directory);
      await this.#reach(source, (server) =>
        this.#withMirror(server, async (mirror) => {
          if (!(await mirror.has(commit))) await mirror.fetchCommit(commit);
          const entries = await listTree(mirror, commit, directory, this.#maximumBytes);
          const git = startGit(this.#environment, {
            arguments: ['cat-file', '--batch'],
            repository: mirror.directory,
            timeoutSeconds: this.#timeoutSeconds,
            signal: this.#abort.signal,
          });
          await this.#write(git, entries, into);
        }),
      );
    });
  }

  async #write(git: RunningGit, entries: readonly TreeEntry[], into: string): Promise<void> {
    const stopped = new SourceError('SOURCE_INVALID', 'the source could not be written');
    const writing = writeTree(git, entries, into).catch((error: unknown) => {
      git.kill(stopped);
      throw error;
    });
    const [written, ended] = await Promise.allSettled([writing, git.ended]);
    if (written.status === 'fulfilled' && ended.status === 'fulfilled') return;
    await emptyFolder(into);
    // Why git was ended comes before that its output was not complete.
    if (ended.status === 'rejected' && ended.reason !== stopped) throw ended.reason;
    if (written.status === 'rejected') throw written.reason;
  }

  mirrors(): Promise<StoredThing[]> {
    return listFolder(this.#mirrors);
  }

  mirrorOf({ tenant, url }: Pick<GitRepository, 'tenant' | 'url'>): string {
    return `${keyOf(tenant, url)}${MIRROR_SUFFIX}`;
  }

  removeMirror(name: string): Promise<number> {
    // What a crash has left of making a mirror stands beside it, with a longer name.
    if (!MIRROR_NAME.test(name)) return Promise.resolve(0);
    const key = name.slice(0, KEY_LENGTH);
    return this.#track(() =>
      this.#inTurn(key, () => {
        this.#described.delete(key);
        return removeMeasured(join(this.#mirrors, name));
      }),
    );
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.allSettled(this.#running);
  }

  #track<T>(work: () => Promise<T>): Promise<T> {
    const run = work();
    this.#running.add(run);
    const forget = () => this.#running.delete(run);
    run.then(forget, forget);
    return run;
  }

  /** Everything that is checked before a server is asked, and what it is asked with. */
  async #reach<T>(repository: GitRepository, work: (server: Server) => Promise<T>): Promise<T> {
    const { tenant, url, credential } = repository;
    const address = await checkAddress(url, this.#options);
    checkCredential(address, credential);
    this.#prepared ??= this.#prepare();
    await this.#prepared;
    const { server, protocol } = address;
    // A proxy resolves names by itself, and where it connects to is its own affair.
    const isOpen = server === undefined || server.isNamed || (isIP(server.host) === 0 && hasProxy(protocol));
    const addresses = isOpen ? undefined : await publicAddresses(server.host, this.#options.lookUp ?? systemLookUp);
    const { cacheDirectory } = this.#options;
    return withAccess(
      this.#environment,
      cacheDirectory,
      CONFIGURATION,
      { address, credential, addresses },
      (environment) => work({ key: keyOf(tenant, url), address, environment, credential }),
    );
  }

  async #prepare(): Promise<void> {
    // What a crash has left of a credential.
    for (const name of await readdir(this.#options.cacheDirectory).catch(() => []))
      if (name.startsWith(PRIVATE_PREFIX)) await rm(join(this.#options.cacheDirectory, name), { recursive: true });
    await mkdir(this.#environment.home, { recursive: true, mode: 0o700 });
    await writeFile(this.#environment.configuration, CONFIGURATION, { mode: 0o600 });
  }

  /** One after the other for the same URL of a tenant; others do not wait for each other. */
  async #withMirror<T>(server: Server, work: (mirror: Mirror) => Promise<T>): Promise<T> {
    const mirror = this.#mirrorAt(server);
    return this.#inTurn(server.key, () => work(mirror));
  }

  /** A tenant's own: a commit that is there already is given to who asks, without asking the server whether he may have it. */
  #mirrorAt(server: Server): Mirror {
    return new Mirror({
      ...server,
      directory: join(this.#mirrors, `${server.key}${MIRROR_SUFFIX}`),
      timeoutSeconds: this.#timeoutSeconds,
      maximumBytes: this.#maximumBytes,
      signal: this.#abort.signal,
    });
  }

  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(key) ?? Promise.resolve();
    const run = before.then(work);
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.#queues.set(key, settled);
    try {
      return await run;
    } finally {
      if (this.#queues.get(key) === settled) this.#queues.delete(key);
    }
  }

  /** What a commit is, which is in the mirror afterwards; where it is not there yet, `fetch` brings it or a later one. */
  async #describe({ key }: Server, mirror: Mirror, id: string, fetch: () => Promise<string>): Promise<Described> {
    const known = this.#described.get(key);
    if (known?.commit === id && (await mirror.exists())) return known;
    const described = await describe(mirror, (await mirror.has(id)) ? id : await fetch());
    this.#described.set(key, described);
    return described;
  }

  async #lookUp(server: Server, reference: Exclude<Reference, { kind: 'commit' }>): Promise<Pointed> {
    const { patterns } = namesOf(reference);
    const listed = await this.#list(server, patterns);
    const pointed = pointedAt(listed, reference);
    if (pointed !== undefined) return pointed;
    throw await this.#missing(server, reference);
  }

  async #missing(
    server: Server,
    reference: Exclude<Reference, { kind: 'commit' }>,
    bounds?: Bounds,
  ): Promise<SourceError> {
    const all = await this.#list(server, [reference.kind === 'tag' ? 'refs/tags/*' : 'refs/heads/*'], bounds);
    const names = [...all.ids.keys()]
      .map((name) => name.replace(/^refs\/(heads|tags)\//, ''))
      .filter((name) => !name.endsWith('^{}'));
    const known = `it has ${names.slice(0, 10).join(', ')}${names.length > 10 ? ' …' : ''}`;
    return new SourceError(
      'GIT_REF_NOT_FOUND',
      `${server.address.url} ${missing(reference, names.length === 0, known)}`,
    );
  }

  async #list(
    { address, environment, credential }: Server,
    patterns: readonly string[],
    bounds: Bounds = { timeoutSeconds: this.#timeoutSeconds, signal: this.#abort.signal },
  ): Promise<Listed> {
    const { url, protocol } = address;
    const result = await runGit(environment, {
      arguments: ['ls-remote', '--symref', '--', url, ...patterns],
      protocol,
      ...bounds,
    });
    if (result.code !== 0) throw failure(url, result.stderr, credential?.name);
    const text = result.stdout.toString();
    if (/^[0-9a-f]{64}\t/m.test(text))
      throw new SourceError(
        'GIT_UNSUPPORTED',
        `${url} names its objects by SHA-256; only SHA-1 repositories can be read`,
      );
    return readListed(text);
  }
}

function missing(reference: Exclude<Reference, { kind: 'commit' }>, hasNone: boolean, known: string): string {
  if (reference.kind !== 'default')
    return `has no ${reference.kind} "${reference.name}"; ${hasNone ? 'it has none' : known}`;
  return hasNone
    ? 'has no default branch: it is empty; push a commit first'
    : `has no default branch: what its HEAD names is not there; ${known}: name one as branch`;
}

function keyOf(tenant: string, url: string): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, url]))
    .digest('hex')
    .slice(0, KEY_LENGTH);
}

/** A server as one piece of work sees it. */
interface Server {
  /** Of its mirror. */
  readonly key: string;
  readonly address: GitAddress;
  readonly environment: GitEnvironment;
  readonly credential: GitCredential | undefined;
}

type Bounds = Pick<GitCall, 'timeoutSeconds' | 'signal'>;

type Described = Omit<GitCommit, 'ref'>;

async function describe(mirror: Mirror, commit: string): Promise<Described> {
  const facts = await factsOf(mirror, commit);
  if (facts === undefined) throw new SourceError('SOURCE_INVALID', `the commit ${commit} cannot be read`);
  return { commit, author: facts.author, message: facts.message };
}
