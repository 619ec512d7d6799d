/** What runs one-off tasks. The adapter `process` runs each as a process group of this machine; on Kubernetes each is a Job. */
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import type { TaskResult } from '../../../schema/agent/task.ts';
import type { PlacementRequest } from './provider.ts';

/** What runs once: a task or a build. */
export interface JobRequest {
  /** The complete document but for what the provider assigns; `instance` is the uid of the task or the build. */
  readonly document: Omit<InstanceDocument, 'ports' | 'advertisedHost' | 'listenHost' | 'tokenFile' | 'provider'>;
  /** Where it goes, as an instance does. */
  readonly placement: PlacementRequest;
}

export interface TaskRequest extends JobRequest {
  readonly document: JobRequest['document'] & Required<Pick<InstanceDocument, 'task'>>;
  /** The task's token, in the clear, once. */
  readonly token: string;
}

/** What a provider says of a task: why it does not begin, or what ended it. */
export interface TaskProblem {
  readonly code: string;
  /** What, which one, and the way out. */
  readonly message: string;
}

/** What is seen of a task now; asked of the machine, never remembered. */
export type ObservedTask =
  /** `isBegun`: its agent may have begun; before that nothing of it ran, and `problem` may say why. */
  | { readonly task: string; readonly state: 'running'; readonly isBegun: boolean; readonly problem?: TaskProblem }
  /**
   * Nothing of it runs (any more). `result` is null when it was ended before it could leave one; without `isBegun` it is certain that nothing of
   * it ever ran. `problem` is what the provider knows of its end.
   */
  | {
      readonly task: string;
      readonly state: 'ended';
      readonly isBegun: boolean;
      readonly result: TaskResult | null;
      readonly detail: string;
      readonly problem?: TaskProblem;
    };

/** Bytes of both output streams from a place on. */
export interface TaskOutput {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Positions in the two output streams, in bytes. */
export interface TaskOutputPlace {
  readonly stdout: number;
  readonly stderr: number;
}

export interface TaskProvider {
  /** Its agents ask the control plane for their document and token, and may ask again. */
  readonly asksForTokens: boolean;
  /** Every task of which anything is left, whatever started it. */
  list(): Promise<ObservedTask[]>;
  /** Names of places where there may be more tasks than {@link list} has: they have not been asked yet. */
  unseen(): readonly string[];
  /** `undefined`: nothing of it is left. Rejects where it may be in a place that cannot be asked. */
  observe(task: string): Promise<ObservedTask | undefined>;
  /** Idempotent by the task's uid: what was begun once is never begun again. Resolves when it was begun, not when it has ended. */
  start(request: TaskRequest): Promise<void>;
  /** Asks it to end, waits up to `graceSeconds`, then kills every process of it. Idempotent; it has ended afterwards. */
  stop(task: string, graceSeconds: number): Promise<void>;
  /** What it printed from a place on, at most 64 KiB of each stream; nothing when its files are gone. */
  output(task: string, from: TaskOutputPlace): Promise<TaskOutput>;
  /** Its end is recorded: what else there is of it may go, but for what it printed. Idempotent. */
  settled(task: string): Promise<void>;
  /** Kills what is left of a task and forgets it, files included. Idempotent. */
  remove(task: string): Promise<void>;
  /** Called (within 500 ms) when a task begins to run or ends; the argument is its uid. */
  onChange(listener: (task: string) => void): () => void;
  close(): Promise<void>;
}

/** Takes what the agents of tasks bring whose files are nobody's once they have ended. */
export interface TaskInbox {
  /** Takes bytes of a stream that begin at a place. Answers how many are held then: where the next ones begin. */
  append(task: string, stream: keyof TaskOutputPlace, from: number, bytes: Buffer): Promise<number>;
  /** The first result counts. */
  finish(task: string, result: TaskResult): Promise<void>;
}
