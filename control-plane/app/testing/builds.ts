/** Sources and builds as a test says. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredThing } from '../../domain/collection/holdings.ts';
import { SourceError } from '../errors.ts';
import type { BuildRequest, Builder, GitCommit, RepositoryLook, SourceFetcher } from '../ports/artifacts.ts';

type Resolve = Parameters<SourceFetcher['resolve']>[0];
type Checkout = Parameters<SourceFetcher['checkout']>[0];

/** A Git host: branches, and every question that it was asked. */
export class ScriptedFetcher implements SourceFetcher {
  /** Commit ids, by `URL#REF`. */
  readonly refs = new Map<string, string>();
  readonly resolved: Resolve[] = [];
  readonly looked: Resolve[] = [];
  /** Mirrors, of long ago. */
  kept: readonly string[] = [];
  readonly checkedOut: Checkout[] = [];
  /** Thrown instead of an answer. */
  failure: Error | null = null;
  /** Awaited before each answer. */
  before: () => Promise<void> = async () => undefined;

  async check(): Promise<void> {
    // Every repository may be asked.
  }

  async resolve(source: Resolve): Promise<GitCommit> {
    this.resolved.push(source);
    await this.before();
    if (this.failure !== null) throw this.failure;
    const ref = source.branch ?? source.tag ?? source.commit ?? 'main';
    const commit = this.refs.get(`${source.url}#${ref}`) ?? '0'.repeat(40);
    return { commit, ref, message: `commit ${commit.slice(0, 4)}`, author: 'Ann' };
  }

  async look({ url, commit, ...source }: Resolve, signal: AbortSignal): Promise<RepositoryLook> {
    this.looked.push({ url, ...source, ...(commit === undefined ? {} : { commit }) });
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([this.before(), aborted]);
    if (signal.aborted) throw new SourceError('GIT_UNREACHABLE', 'it was cancelled');
    if (this.failure !== null) throw this.failure;
    const branches = [...this.refs.keys()]
      .filter((key) => key.startsWith(`${url}#`))
      .map((key) => key.slice(url.length + 1));
    const id = commit ?? this.refs.get(`${url}#${source.branch ?? source.tag ?? 'main'}`) ?? '0'.repeat(40);
    const facts = { message: `commit ${id.slice(0, 4)}`, author: 'Ann', authoredAt: 1_000 };
    return {
      defaultBranch: 'main',
      branches,
      branchCount: branches.length,
      found: { kind: 'commit', commit: id, facts },
    };
  }

  async checkout(source: Checkout, into: string): Promise<void> {
    this.checkedOut.push(source);
    await mkdir(into, { recursive: true });
    await writeFile(join(into, 'commit'), source.commit);
  }

  async mirrors(): Promise<StoredThing[]> {
    return this.kept.map((name) => ({ name, bytes: 0, modifiedAt: 0 }));
  }

  mirrorOf({ tenant, url }: Pick<Resolve, 'tenant' | 'url'>): string {
    return `${tenant} ${url}`;
  }

  async removeMirror(name: string): Promise<number> {
    this.kept = this.kept.filter((other) => other !== name);
    return 1000;
  }

  async close(): Promise<void> {
    // Holds nothing.
  }
}

/** A builder whose builds end when and as the test says. */
export class ScriptedBuilder implements Builder {
  readonly requests: BuildRequest[] = [];
  /** What a build does; by default it says one line and succeeds. */
  work: (request: BuildRequest, line: (text: string) => void, signal: AbortSignal) => Promise<void> = async (
    _request,
    line,
  ) => line('built');

  async run(request: BuildRequest, line: (text: string) => void, signal: AbortSignal): Promise<void> {
    this.requests.push(request);
    await this.work(request, line, signal);
  }
}
