/** Pods of host clusters, as far as they are instances or one-off tasks. */
import type { JobRequest } from './tasks.ts';

/** A pod as its host cluster vouches for it. */
export interface ReviewedPod {
  readonly uid: string;
  readonly namespace: string;
  /** Name of the account that it runs as. */
  readonly serviceAccount: string;
}

/** What the agent of a build is told, but for the addresses of its host cluster. */
export interface BuildIdentity {
  readonly document: JobRequest['document'];
  readonly token: string;
}

/** The app asks with the uid of a host cluster. */
export interface PodInstances {
  /** Whom the tokens of this platform's pods are for. */
  readonly audience: string;
  /** Name of the account that instances and tasks run as. */
  readonly serviceAccount: string;
  /** The instance that the pod of this uid is; `undefined` where it is none, or none yet. */
  readonly instanceOf: (hostCluster: string, podUid: string) => string | undefined;
  /** The one-off task that the pod of this uid runs; no second pod is ever that of the same task. */
  readonly taskOf: (hostCluster: string, podUid: string) => string | undefined;
  /** The build that it runs, while somebody waits for that. */
  readonly buildOf: (hostCluster: string, podUid: string) => BuildIdentity | undefined;
}
