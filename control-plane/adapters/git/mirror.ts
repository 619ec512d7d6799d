/** A bare repository beside each URL, with the commits that were wanted so far, each without its history. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SourceError } from '../../app/errors.ts';
import type { GitCredential } from '../../app/ports/artifacts.ts';
import { treeBytes } from '../builder/tree-size.ts';
import type { GitAddress } from './address.ts';
import { failure, knownFailure } from './explain.ts';
import { runGit, type GitCall, type GitEnvironment, type GitResult, type RunningGit } from './run.ts';

export interface MirrorOptions {
  readonly environment: GitEnvironment;
  readonly address: GitAddress;
  readonly credential: GitCredential | undefined;
  /** Absolute path; the mirror's own. */
  readonly directory: string;
  readonly timeoutSeconds: number;
  /** Most that one fetch may bring. */
  readonly maximumBytes: number;
  readonly signal: AbortSignal;
  /** Only what commits say of themselves is wanted, and not their files: a server that can is asked to leave these out. */
  readonly commitsOnly?: boolean;
}

const WATCH_MILLISECONDS = 250;
/** The depth by which git means all of the history (git-fetch(1), --unshallow). */
const EVERYTHING = 0x7fffffff;
/** Servers that give only what they advertise. */
const NOT_ADVERTISED = /not our ref|unadvertised object|not valid: object|couldn't find remote ref [0-9a-f]{40}/i;

/** Not safe for use by several callers at once: the fetcher lets them wait for each other. */
export class Mirror {
  readonly #options: MirrorOptions;

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  get directory(): string {
    return this.#options.directory;
  }

  /** Runs git in the mirror, without any network. */
  async local(args: readonly string[]): Promise<GitResult> {
    return runGit(this.#options.environment, { ...this.#call(args), repository: this.#options.directory });
  }

  async has(commit: string): Promise<boolean> {
    if (!(await this.exists())) return false;
    // With its tree: an interrupted fetch may have left one without the other.
    const kind = this.#options.commitsOnly === true ? 'commit' : 'tree';
    return (await this.local(['cat-file', '-e', `${commit}^{${kind}}`])).code === 0;
  }

  /** Brings what a full reference name points at; answers the commit. */
  async fetchReference(reference: string): Promise<string> {
    const incoming = `refs/cartwright/incoming/${randomUUID()}`;
    this.#throwIf(await this.#fetch([`+${reference}:${incoming}`], ['--depth=1']));
    const parsed = await this.local(['rev-parse', '--verify', '--quiet', `${incoming}^{commit}`]);
    const commit = parsed.stdout.toString().trim();
    if (parsed.code === 0) await this.#keep(commit);
    await this.local(['update-ref', '-d', incoming]);
    if (parsed.code !== 0) throw new SourceError('SOURCE_INVALID', `${this.#url}: ${reference} points at no commit`);
    return commit;
  }

  /** Brings a commit by its id; everything, when the server gives no commits by id. */
  async fetchCommit(commit: string): Promise<void> {
    const complaint = await this.#fetch([`+${commit}:refs/cartwright/commits/${commit}`], ['--depth=1']);
    if (complaint === undefined && (await this.has(commit))) return;
    if (complaint !== undefined && !NOT_ADVERTISED.test(complaint)) throw this.#failure(complaint);
    const everything = ['+refs/heads/*:refs/cartwright/heads/*', '+refs/tags/*:refs/cartwright/tags/*'];
    this.#throwIf(await this.#fetch(everything, [`--depth=${EVERYTHING}`, '--prune']));
    if (!(await this.has(commit)))
      throw new SourceError(
        'GIT_REF_NOT_FOUND',
        `${this.#url} has no commit ${commit} on any of its branches and tags`,
      );
    await this.#keep(commit);
  }

  #throwIf(complaint: string | undefined): void {
    if (complaint !== undefined) throw this.#failure(complaint);
  }

  #failure(complaint: string): SourceError {
    return failure(this.#url, complaint, this.#options.credential?.name);
  }

  get #url(): string {
    return this.#options.address.url;
  }

  #call(args: readonly string[]): GitCall {
    const { timeoutSeconds, signal } = this.#options;
    return { arguments: args, timeoutSeconds, signal };
  }

  async #keep(commit: string): Promise<void> {
    await this.local(['update-ref', `refs/cartwright/commits/${commit}`, commit]);
  }

  /** Whether it was made; not what is in it. */
  async exists(): Promise<boolean> {
    try {
      return (await stat(join(this.#options.directory, 'HEAD'))).isFile();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  /** Begins anew with an empty mirror; it appears whole or not at all. */
  async #create(): Promise<void> {
    const { directory, environment } = this.#options;
    await rm(directory, { recursive: true, force: true });
    const beside = `${directory}.${randomUUID()}`;
    await mkdir(beside, { recursive: true, mode: 0o700 });
    const made = await runGit(environment, this.#call(['init', '--quiet', '--bare', '--template=', beside]));
    if (made.code !== 0) throw failure(beside, made.stderr);
    await rename(beside, directory);
  }

  /** What git complained about; `undefined` when it has fetched. */
  async #fetch(specifications: readonly string[], options: readonly string[]): Promise<string | undefined> {
    const { directory, maximumBytes } = this.#options;
    const isOld = (await this.exists()) && (await treeBytes(directory, maximumBytes)) <= maximumBytes;
    if (!isOld) await this.#create();
    const complaint = await this.#attempt(specifications, options);
    // What is not the other side's doing may be our mirror's: a lock or half an object that a crash has left.
    if (complaint === undefined || !isOld || isTheirs(this.#url, complaint)) return complaint;
    await this.#create();
    return this.#attempt(specifications, options);
  }

  async #attempt(specifications: readonly string[], options: readonly string[]): Promise<string | undefined> {
    const { environment, address, directory } = this.#options;
    const fixed = ['--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--no-auto-maintenance', '--quiet'];
    if (this.#options.commitsOnly === true) fixed.push('--filter=tree:0');
    const over = new AbortController();
    const call: GitCall = {
      ...this.#call(['fetch', ...fixed, ...options, '--', address.url, ...specifications]),
      repository: directory,
      protocol: address.protocol,
    };
    let watching: Promise<void> = Promise.resolve();
    try {
      const { code, stderr } = await runGit(environment, call, (git) => {
        watching = this.#watch(git, over.signal);
      });
      return code === 0 ? undefined : stderr;
    } catch (error) {
      // Killed in the middle: what it has left is of no use and may be large.
      await rm(directory, { recursive: true, force: true });
      throw error;
    } finally {
      over.abort();
      await watching;
    }
  }

  /** Ends a fetch that brings more than it may: servers can send without end. */
  async #watch(git: RunningGit, over: AbortSignal): Promise<void> {
    const { directory, maximumBytes } = this.#options;
    const limit = maximumBytes * 2;
    while (!over.aborted) {
      if ((await treeBytes(directory, limit)) > limit)
        git.kill(
          new SourceError(
            'SOURCE_INVALID',
            `${this.#url} is larger than ${maximumBytes} bytes; take large files out of it`,
          ),
        );
      await delay(WATCH_MILLISECONDS, undefined, { signal: over }).catch((error: unknown) => {
        if (!over.aborted) throw error;
      });
    }
  }
}

function isTheirs(url: string, stderr: string): boolean {
  if (/\.lock'?: File exists/i.test(stderr)) return false;
  return NOT_ADVERTISED.test(stderr) || knownFailure(url, stderr) !== undefined;
}
