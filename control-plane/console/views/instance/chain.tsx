/** Why there is this instance, and why there: from the decision to what happened since. */
import type { ReactNode } from 'react';
import { RefusedNote } from '../../components/notes.tsx';
import { Time } from '../../components/time.tsx';
import { InstanceDecision, InstanceEvents } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import type { InstanceRecord } from './use-instance.ts';
import { chainOf } from './why.ts';

export function Chain({ instance }: { readonly instance: InstanceRecord }): ReactNode {
  const { uid, tenant, cause } = instance;
  const [events, askAgain] = useAsk(InstanceEvents, { variables: { tenant, uid }, again: ['instance.'] });
  const [decision] = useAsk(InstanceDecision, { variables: cause === null ? null : { uid: cause } });
  if (events.kind === 'refused') return <RefusedNote error={events.error} again={askAgain} />;
  const steps = chainOf(
    instance,
    decision.kind === 'answered' ? decision.result.decision : null,
    events.kind === 'answered' ? events.result.events.edges.map(({ node }) => node) : [],
  );
  return (
    <ol className="plain instance-chain">
      {steps.map(({ label, at, text }, index) => (
        <li key={index}>
          <span className="instance-step">{label}</span>
          <span>
            <bdi>{text}</bdi>{' '}
            {at === null ? null : (
              <span className="quiet">
                <Time at={at} />
              </span>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
