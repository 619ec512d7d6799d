/** An instance as it is now: the record, asked for again when something of it changes, and its figures as they come. */
import { useEffect, useRef } from 'react';
import {
  InstanceLiveOf,
  InstanceOne,
  type InstanceLiveOfSubscription,
  type InstanceOneQuery,
} from '../../generated/operations.ts';
import { useAsk, type Asked } from '../../live/use-ask.ts';
import { useLive, type Live } from '../../live/use-live.ts';
import { added, NO_SAMPLES, type Samples } from './samples.ts';

export type InstanceRecord = NonNullable<InstanceOneQuery['instance']>;
type Seen = InstanceLiveOfSubscription['serviceCluster']['instances'][number];

/** What the service cluster says of one of its instances. `seen`: null: it is not among those that run (any more). */
export interface Running {
  readonly seen: Seen | null;
  readonly samples: Samples;
}

export interface InstanceRef {
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  readonly uid: string;
}

export function useInstance({ tenant, application, alias, uid }: InstanceRef): {
  readonly asked: Asked<InstanceOneQuery>;
  readonly live: Live<Running>;
} {
  // What the subscription below does not tell of: hooks, roll-outs, what its provider says.
  const [asked, askAgain] = useAsk(InstanceOne, { variables: { uid }, again: ['instance.', 'rollout.'] });
  const isThere = asked.kind === 'answered' && asked.result.instance !== null;
  const hasEnded = isThere && asked.result.instance?.state === 'TERMINATED';
  const live = useLive(InstanceLiveOf, {
    variables: isThere && !hasEnded ? { ref: { tenant, application, alias } } : null,
    apply: (before: Running | undefined, { serviceCluster }): Running => {
      const seen = serviceCluster.instances.find(({ instance }) => instance.uid === uid) ?? null;
      const samples = before?.samples ?? NO_SAMPLES;
      const isNew = seen !== null && seen.live.sampleAgeSeconds !== null;
      return { seen, samples: isNew ? added(samples, seen.live, Date.parse(serviceCluster.live.at)) : samples };
    },
  });

  const state = live.kind === 'live' ? JSON.stringify(live.state.seen?.instance ?? null) : undefined;
  const known = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (known.current !== undefined && state !== undefined && known.current !== state) askAgain();
    if (state !== undefined) known.current = state;
  }, [state, askAgain]);
  return { asked, live };
}
