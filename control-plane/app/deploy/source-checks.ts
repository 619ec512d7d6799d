/**
 * What was found when each service cluster's Git source was last asked for. The events `source.unreadable` and `source.readable` tell
 * of the changes, and are what a start of the control plane takes it up from.
 */
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import type { EventType } from '../../domain/events/types.ts';
import { CartwrightError, isForCallers } from '../errors.ts';
import { subjectOf, type EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';

export type GitSource = NonNullable<CartridgeComponent['source']>['git'];

/** Why a source cannot be read. */
interface SourceProblem {
  /** Stable, such as GIT_REF_NOT_FOUND. */
  readonly code: string;
  readonly message: string;
  /** When it could not be read for the first time since it could; milliseconds since the epoch. */
  readonly since: number;
}

export interface SourceCheck {
  /** Milliseconds since the epoch; null: not since this start, or since it is this source. */
  readonly lastCheckedAt: number | null;
  /** Of the last check; null: it could be read, or was not asked for. */
  readonly problem: SourceProblem | null;
}

const UNKNOWN: SourceCheck = { lastCheckedAt: null, problem: null };
const UNREADABLE = 'source.unreadable';
const READABLE = 'source.readable';

export interface SourceChecksOptions {
  readonly events: Pick<EventRecorder, 'record' | 'newest'>;
  readonly now: () => number;
}

export class SourceChecks {
  readonly #options: SourceChecksOptions;
  readonly #checks = new WeakMap<ClusterState, { readonly source: string; readonly check: SourceCheck }>();

  constructor(options: SourceChecksOptions) {
    this.#options = options;
  }

  /** Of the source that the manifest names now. */
  of(cluster: ClusterState): SourceCheck {
    const known = this.#checks.get(cluster);
    return known?.source === sourceOf(cluster.plan.component?.source?.git) ? known.check : UNKNOWN;
  }

  /** Takes up what an earlier start has told of the service cluster; to be called before its first check. */
  async restore(cluster: ClusterState): Promise<void> {
    if (this.#checks.has(cluster)) return;
    const filter = { tenant: cluster.record.tenant, subjectUid: cluster.record.uid, types: [UNREADABLE, READABLE] };
    const [last] = await this.#options.events.newest(filter, 1);
    if (this.#checks.has(cluster)) return;
    const problem = last?.type === UNREADABLE ? problemIn(last.data, last.at) : null;
    this.#note(cluster, cluster.plan.component?.source?.git, { lastCheckedAt: null, problem });
  }

  succeeded(cluster: ClusterState, git: GitSource): void {
    const before = this.#checks.get(cluster)?.check.problem ?? null;
    this.#note(cluster, git, { lastCheckedAt: this.#options.now(), problem: null });
    if (before !== null) this.#tell(cluster, READABLE, { url: git.url });
  }

  /** @returns whether it is another problem than before */
  failed(cluster: ClusterState, git: GitSource, error: unknown): boolean {
    const now = this.#options.now();
    const before = this.of(cluster).problem;
    const problem = { ...wordsOf(error), since: before?.since ?? now };
    this.#note(cluster, git, { lastCheckedAt: now, problem });
    if (before?.message === problem.message) return false;
    this.#tell(cluster, UNREADABLE, { ...problem, url: git.url, since: new Date(problem.since).toISOString() });
    return true;
  }

  #note(cluster: ClusterState, git: GitSource | undefined, check: SourceCheck): void {
    this.#checks.set(cluster, { source: sourceOf(git), check });
  }

  #tell({ record }: ClusterState, type: EventType, data: Readonly<Record<string, unknown>>): void {
    this.#options.events.record({ tenant: record.tenant, subject: subjectOf.cluster(record), type, data });
  }
}

/** What makes it another source, as one text: not how often it is built. Empty: none. */
export function sourceOf(git: GitSource | undefined): string {
  if (git === undefined) return '';
  return JSON.stringify({ ...git, update: undefined });
}

/** Nothing of the inside of the platform. */
function wordsOf(error: unknown): Pick<SourceProblem, 'code' | 'message'> {
  if (isForCallers(error)) return { code: error.code, message: error.message };
  const code = error instanceof CartwrightError ? error.code : 'INTERNAL';
  return { code, message: 'the platform could not ask for it; its log says more. It is tried again' };
}

/** Events of a version before have the message alone. */
function problemIn(data: Readonly<Record<string, unknown>>, at: number): SourceProblem {
  const { code, message, since } = data;
  const began = typeof since === 'string' ? Date.parse(since) : NaN;
  return {
    code: typeof code === 'string' ? code : 'SOURCE_UNREADABLE',
    message: String(message),
    since: Number.isNaN(began) ? at : began,
  };
}
