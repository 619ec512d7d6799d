/** What can be asked about one-off tasks. */
import type { Page } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { TaskRecord } from '../records/tasks.ts';

/** A task as people see it: nothing of its token. */
export type Task = Omit<TaskRecord, 'tokenHash'>;

/** A piece of what a task printed. */
export interface TaskText {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** A task as it is, and what it has printed since the item before. */
export interface TaskProgress {
  readonly task: Task;
  readonly output: readonly TaskText[];
  /** Where to go on after a broken connection. */
  readonly cursor: string;
}

export interface TaskQueries {
  task(principal: Principal, uid: string): Promise<Task | undefined>;
  tasks(principal: Principal, cluster: ClusterRecord, page: Page): Promise<Task[]>;
}

export interface TaskMutations {
  /** Runs a command once in a copy of a release: the one that runs, or one named by its number. */
  runTask(
    principal: Principal,
    ref: {
      readonly tenant?: string | null;
      readonly application: string;
      readonly alias: string;
      readonly command: readonly string[];
      readonly timeoutSeconds?: number;
      readonly releaseNumber?: number;
    },
  ): Promise<Task>;
  /** Asks a task to end. One that has ended already is answered as it is. */
  stopTask(principal: Principal, uid: string): Promise<Task>;
}

export interface TaskFeeds {
  /** The task and its output from `after` on (absent: from its beginning); ends with the task. Output is for deployers. */
  task(
    principal: Principal,
    uid: string,
    options: { readonly after?: string },
    signal: AbortSignal,
  ): AsyncIterable<TaskProgress>;
}
