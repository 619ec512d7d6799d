import type { ReactNode } from 'react';
import { Time } from '../components/time.tsx';
import { PlatformFreeze } from '../generated/operations.ts';
import { useAsk } from '../live/use-ask.ts';

/** Says that no decision is acted on anywhere, who wants it so, and why; nothing while the platform is not frozen. */
export function FrozenNote({ isFrozen }: { readonly isFrozen: boolean }): ReactNode {
  const [asked] = useAsk(PlatformFreeze, { variables: isFrozen ? {} : null, again: ['platform.'] });
  if (!isFrozen) return null;
  const freeze = asked.kind === 'answered' ? asked.result.freeze : null;
  return (
    <div className="note warning" role="status">
      <strong>The platform is frozen.</strong> No autoscaling decision is acted on anywhere; broken instances are still
      replaced.{' '}
      {freeze === null ? null : (
        <>
          By {freeze.by}, <Time at={freeze.since} />: <bdi>{freeze.reason}</bdi>.{' '}
          {freeze.expiresAt === null ? (
            'It stays so until somebody ends it.'
          ) : (
            <>
              It ends <Time at={freeze.expiresAt} />.
            </>
          )}
        </>
      )}
    </div>
  );
}
