/** What a repository is, for somebody who is still writing down its address: little is fetched, and none of it is kept. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SourceError } from '../../app/errors.ts';
import type { CommitFacts, FoundReference, RepositoryLook } from '../../app/ports/artifacts.ts';
import { PRIVATE_PREFIX } from './access.ts';
import { namesOf, pointedAt, type Listed } from './listed.ts';
import { Mirror, type MirrorOptions } from './mirror.ts';
import { readReference, type NamedReferences, type Reference } from './reference.ts';

/** Longest that one call of git may take: that for the references, and each for a commit. */
export const LIST_SECONDS = 10;
const COMMIT_SECONDS = 4;
/** Most that is fetched to learn what a commit says: servers that cannot leave its files out send them along. */
const MAXIMUM_BYTES = 4 * 1024 * 1024;
/** Branches that are told. */
const MOST_BRANCHES = 500;
const HEADS = 'refs/heads/';
/** Farthest from the epoch that a `Date` can be, in milliseconds. */
const LATEST = 8.64e15;

type Named = Exclude<Reference, { kind: 'commit' }>;

export interface LookOptions {
  readonly list: (patterns: readonly string[]) => Promise<Listed>;
  /** Why a reference is not there. */
  readonly missing: (reference: Named) => Promise<SourceError>;
  /** What the mirror that is there already says of a commit. */
  readonly known: (commit: string) => Promise<CommitFacts | undefined>;
  readonly mirror: Pick<MirrorOptions, 'environment' | 'address' | 'credential' | 'signal'>;
  /** Where a folder may be made that is removed again. */
  readonly folder: string;
}

/** Throws `SourceError` where the repository itself cannot be read. */
export async function lookAt(source: NamedReferences, options: LookOptions): Promise<RepositoryLook> {
  const reference = tried(() => readReference(source));
  const isNamed = !(reference instanceof SourceError) && reference.kind !== 'commit';
  const listed = await options.list(['HEAD', `${HEADS}*`, ...(isNamed ? namesOf(reference).patterns : [])]);
  const names = [...listed.ids.keys()].filter((name) => name.startsWith(HEADS));
  const branches = names.map((name) => name.slice(HEADS.length)).sort();
  return {
    defaultBranch: listed.head?.startsWith(HEADS) === true ? listed.head.slice(HEADS.length) : null,
    branches: branches.slice(0, MOST_BRANCHES),
    branchCount: branches.length,
    found:
      reference instanceof SourceError ? { kind: 'none', error: reference } : await find(reference, listed, options),
  };
}

function tried(read: () => Reference): Reference | SourceError {
  try {
    return read();
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
}

async function find(reference: Reference, listed: Listed, options: LookOptions): Promise<FoundReference> {
  if (reference.kind === 'commit') return findCommit(reference.id, options);
  const pointed = pointedAt(listed, reference);
  if (pointed === undefined) return { kind: 'none', error: await options.missing(reference) };
  const { commit, name } = pointed;
  const known = await options.known(commit);
  if (known !== undefined) return { kind: 'commit', commit, facts: known };
  const fetched = await withScratch(options, async (mirror) => {
    const found = await mirror.fetchReference(name);
    return { commit: found, facts: (await factsOf(mirror, found)) ?? null };
  });
  return { kind: 'commit', commit, facts: null, ...(fetched instanceof SourceError ? {} : fetched) };
}

async function findCommit(commit: string, options: LookOptions): Promise<FoundReference> {
  const known = await options.known(commit);
  if (known !== undefined) return { kind: 'commit', commit, facts: known };
  const facts = await withScratch(options, async (mirror) => {
    await mirror.fetchCommit(commit);
    return (await factsOf(mirror, commit)) ?? null;
  });
  if (!(facts instanceof SourceError)) return { kind: 'commit', commit, facts };
  return facts.code === 'GIT_REF_NOT_FOUND' ? { kind: 'none', error: facts } : { kind: 'unknown' };
}

/** The failure of what is done in a mirror that is there for this alone; throws what it was cancelled with. */
async function withScratch<T>(options: LookOptions, work: (mirror: Mirror) => Promise<T>): Promise<T | SourceError> {
  const own = await mkdtemp(join(options.folder, PRIVATE_PREFIX));
  try {
    const limits = { timeoutSeconds: COMMIT_SECONDS, maximumBytes: MAXIMUM_BYTES, commitsOnly: true };
    return await work(new Mirror({ ...options.mirror, ...limits, directory: join(own, 'mirror') }));
  } catch (error) {
    if (error instanceof SourceError && !options.mirror.signal.aborted) return error;
    throw error;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** `undefined`: the commit is not there, or is none that can be read. */
export async function factsOf(mirror: Mirror, commit: string): Promise<CommitFacts | undefined> {
  const format = '--format=%an <%ae>%x00%s%x00%at';
  const shown = await mirror.local(['log', '-1', '--encoding=UTF-8', '--no-color', format, commit, '--']);
  if (shown.code !== 0) return undefined;
  const [author = '', message = '', seconds = ''] = shown.stdout.toString().trimEnd().split('\0');
  const clean = (text: string): string => text.replace(/\p{Cc}/gu, ' ').trim();
  const authoredAt = seconds === '' ? NaN : Number(seconds) * 1000;
  return {
    author: clean(author).slice(0, 200),
    message: clean(message).slice(0, 500),
    // Whoever makes a commit writes any number into it.
    authoredAt: Math.abs(authoredAt) <= LATEST ? authoredAt : null,
  };
}
