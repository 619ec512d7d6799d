import type { ClusterKey } from '../../../schema/mqtt/topics.ts';

/** What the app counts. Names, units and labels are the adapter's; the app says what happened. */
export interface Metrics {
  /** One MQTT message by leaf (`unknown` for no topic of ours) and result (`accepted` or the problem). */
  message(leaf: string, result: string): void;
  /** Samples or reports that were too old, or of another session. */
  staleSamples(count: number): void;
  /** Requests that load balancers refused by a limit. */
  throttled(cluster: ClusterKey, requests: number): void;
  /** Requests of clients whose instance was gone, so that another one answered and has them from then on. */
  affinityBroken(cluster: ClusterKey, requests: number): void;
  /** Times that load balancers took an instance out, for refusing connections or failing where the others do not. */
  ejected(cluster: ClusterKey, times: number): void;
  decision(outcome: string, reasonCode: string): void;
  /** One pass over a service cluster. */
  reconciled(seconds: number): void;
  /** Something that the API refused: a rate, a limit, an origin. */
  apiRefused(reason: string): void;
  /** A delivery of a Git host, by how it was signed (`none` before that is known) and what became of it. */
  webhookDelivery(form: string, result: string): void;
  /** One try to tell a receiver of an event. */
  noticeSent(result: 'delivered' | 'refused' | 'unreachable' | 'dropped'): void;
  /** Records or things on the disk that a collection has removed, by kind. */
  collected(kind: string, count: number, bytes: number): void;
  /** Artifacts and uploaded trees that are kept. */
  archives(count: number, bytes: number): void;
  buildDone(result: 'succeeded' | 'failed', seconds: number): void;
}
