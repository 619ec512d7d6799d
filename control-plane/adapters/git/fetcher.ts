/** Sources from Git repositories, by the git program. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { SourceError } from '../../app/errors.ts';
import type { GitCommit, GitCredential, GitRepository, SourceFetcher } from '../../app/ports/artifacts.ts';
import { emptyFolder } from '../artifacts/empty-folder.ts';
import { checkCredential, PRIVATE_PREFIX, withAccess } from './access.ts';
import { checkAddress, type GitAddress } from './address.ts';
import { failure } from './explain.ts';
import { Mirror } from './mirror.ts';
import { checkCommit, checkDirectory, readReference, type NamedReferences, type Reference } from './reference.ts';
import { publicAddresses, systemLookUp, type LookUp } from './network.ts';
import { hasProxy, runGit, startGit, type GitEnvironment, type RunningGit } from './run.ts';
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
  #prepared: Promise<void> | undefined;

  constructor(options: SourceFetcherOptions) {
    this.#options = options;
    this.#timeoutSeconds = options.timeoutSeconds ?? 120;
    this.#maximumBytes = options.maximumBytes ?? 512 * 1024 * 1024;
    this.#environment = {
      path: options.path ?? process.env.PATH ?? '/usr/bin:/bin',
      home: join(options.cacheDirectory, 'home'),
      configuration: join(options.cacheDirectory, 'gitconfig'),
      ssh: undefined,
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
            if (!(await mirror.has(id))) await mirror.fetchCommit(id);
            return describe(mirror, id, id);
          });
        }
        const pointed = await this.#lookUp(server, reference);
        return this.#withMirror(server, async (mirror) => {
          // Fetched by name, not by id: not every server gives an id, and what it points at by now is at least as good.
          const isHere = await mirror.has(pointed.commit);
          const commit = isHere ? pointed.commit : await mirror.fetchReference(pointed.name);
          return describe(mirror, commit, pointed.shortName);
        });
      });
    });
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
      (environment) => work({ tenant, address, environment, credential }),
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
    // A tenant's own: a commit that is there already is given to who asks, without asking the server whether he may have it.
    const name = JSON.stringify([server.tenant, server.address.url]);
    const key = createHash('sha256').update(name).digest('hex').slice(0, 32);
    const mirror = new Mirror({
      ...server,
      directory: join(this.#options.cacheDirectory, 'mirrors', `${key}.git`),
      timeoutSeconds: this.#timeoutSeconds,
      maximumBytes: this.#maximumBytes,
      signal: this.#abort.signal,
    });
    const before = this.#queues.get(key) ?? Promise.resolve();
    const run = before.then(() => work(mirror));
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

  async #lookUp(server: Server, reference: Exclude<Reference, { kind: 'commit' }>): Promise<Pointed> {
    const { address } = server;
    const { patterns } = namesOf(reference);
    const listed = await this.#list(server, patterns);
    const pointed = pointedAt(listed, reference);
    if (pointed !== undefined) return pointed;
    if (reference.kind === 'default')
      throw new SourceError(
        'GIT_REF_NOT_FOUND',
        `${address.url} has no default branch: it is empty; push a commit first`,
      );
    const all = await this.#list(server, [reference.kind === 'branch' ? 'refs/heads/*' : 'refs/tags/*']);
    const names = [...all.ids.keys()]
      .map((name) => name.replace(/^refs\/(heads|tags)\//, ''))
      .filter((name) => !name.endsWith('^{}'));
    const known =
      names.length === 0 ? 'it has none' : `it has ${names.slice(0, 10).join(', ')}${names.length > 10 ? ' …' : ''}`;
    throw new SourceError('GIT_REF_NOT_FOUND', `${address.url} has no ${reference.kind} "${reference.name}"; ${known}`);
  }

  async #list({ address, environment, credential }: Server, patterns: readonly string[]): Promise<Listed> {
    const { url, protocol } = address;
    const result = await runGit(environment, {
      arguments: ['ls-remote', '--symref', '--', url, ...patterns],
      protocol,
      timeoutSeconds: this.#timeoutSeconds,
      signal: this.#abort.signal,
    });
    if (result.code !== 0) throw failure(url, result.stderr, credential?.name);
    return readListed(result.stdout.toString());
  }
}

/** A server as one piece of work sees it. */
interface Server {
  readonly tenant: string;
  readonly address: GitAddress;
  readonly environment: GitEnvironment;
  readonly credential: GitCredential | undefined;
}

interface Pointed {
  readonly commit: string;
  /** Full name, as it is fetched. */
  readonly name: string;
  /** As people say it. */
  readonly shortName: string;
}

interface Listed {
  readonly ids: ReadonlyMap<string, string>;
  /** What HEAD stands for, where the server says so. */
  readonly head: string | undefined;
}

/** `<id> TAB <name>` and `ref: <name> TAB HEAD`, from git-ls-remote(1). */
function readListed(text: string): Listed {
  const ids = new Map<string, string>();
  let head: string | undefined;
  for (const line of text.split('\n')) {
    const [left, name] = line.split('\t');
    if (left === undefined || name === undefined) continue;
    if (left.startsWith('ref: ') && name === 'HEAD') head = left.slice(5);
    else if (/^[0-9a-f]{40}$/.test(left)) ids.set(name, left);
  }
  return { ids, head };
}

function namesOf(reference: Exclude<Reference, { kind: 'commit' }>): { name: string; patterns: string[] } {
  if (reference.kind === 'default') return { name: 'HEAD', patterns: ['HEAD'] };
  const name = `refs/${reference.kind === 'branch' ? 'heads' : 'tags'}/${reference.name}`;
  return { name, patterns: [name, `${name}^{}`] };
}

/** Names are compared whole: git's patterns also match the ends of longer names. */
function pointedAt({ ids, head }: Listed, reference: Exclude<Reference, { kind: 'commit' }>): Pointed | undefined {
  const { name } = namesOf(reference);
  // An annotated tag is an object of its own; `^{}` is the commit behind it.
  const commit = ids.get(`${name}^{}`) ?? ids.get(name);
  if (commit === undefined) return undefined;
  const shortName = reference.kind === 'default' ? (head?.replace(/^refs\/heads\//, '') ?? 'HEAD') : reference.name;
  return { commit, name, shortName };
}

async function describe(mirror: Mirror, commit: string, ref: string): Promise<GitCommit> {
  const format = '--format=%an <%ae>%x00%s';
  const shown = await mirror.local(['log', '-1', '--encoding=UTF-8', '--no-color', format, commit, '--']);
  if (shown.code !== 0) throw new SourceError('SOURCE_INVALID', `the commit ${commit} cannot be read`);
  const [author = '', message = ''] = shown.stdout.toString().trimEnd().split('\0');
  const clean = (text: string) => text.replace(/\p{Cc}/gu, ' ').trim();
  return { commit, ref, author: clean(author).slice(0, 200), message: clean(message).slice(0, 500) };
}
