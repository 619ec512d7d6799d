/** What runs one-off tasks. The adapter `process` runs each as a process group of this machine; on Kubernetes it is a Job. */
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import type { TaskResult } from '../../../schema/agent/task.ts';

export interface TaskRequest {
  /** The complete document but for what the provider assigns; `instance` is the task's uid. */
  readonly document: Omit<
    InstanceDocument,
    'ports' | 'advertisedHost' | 'listenHost' | 'tokenFile' | 'provider' | 'task'
  > &
    Required<Pick<InstanceDocument, 'task'>>;
  /** The task's token, in the clear, once. */
  readonly token: string;
}

/** What is seen of a task now; asked of the machine, never remembered. */
export type ObservedTask =
  | { readonly task: string; readonly state: 'running' }
  /** Nothing of it runs (any more). `result` is null when it was ended before it could leave one. */
  | { readonly task: string; readonly state: 'ended'; readonly result: TaskResult | null; readonly detail: string };

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
  /** Every task of which anything is left, whatever started it. */
  list(): Promise<ObservedTask[]>;
  /** `undefined`: nothing of it is left. */
  observe(task: string): Promise<ObservedTask | undefined>;
  /** Idempotent by the task's uid: what was begun once is never begun again. Resolves when it was begun, not when it has ended. */
  start(request: TaskRequest): Promise<void>;
  /** Asks it to end, waits up to `graceSeconds`, then kills every process of it. Idempotent; it has ended afterwards. */
  stop(task: string, graceSeconds: number): Promise<void>;
  /** What it printed from a place on, at most 64 KiB of each stream; nothing when its files are gone. */
  output(task: string, from: TaskOutputPlace): Promise<TaskOutput>;
  /** Kills what is left of a task and forgets it, files included. Idempotent. */
  remove(task: string): Promise<void>;
  /** Called (within 500 ms) when a task begins to run or ends; the argument is its uid. */
  onChange(listener: (task: string) => void): () => void;
  close(): Promise<void>;
}
