/** Pods of the cluster of the tests. */
import { kubectl } from './cluster.ts';

export interface PodView {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly image: string }[] };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly started?: boolean; readonly restartCount: number }[];
  };
}

/** Those that are not on their way out; of all of the namespace, or of a selector. */
export async function podsIn(namespace: string, selector?: string): Promise<PodView[]> {
  const which = selector === undefined ? [] : ['-l', selector];
  const text = await kubectl('-n', namespace, 'get', 'pods', ...which, '-o', 'json');
  return (JSON.parse(text) as { items: PodView[] }).items.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
}

export function isReady({ status }: PodView): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}
