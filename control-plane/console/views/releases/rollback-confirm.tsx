/** Says what a rollback will change, and asks for it. */
import { useState, type ReactNode } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { ReleasesRollback, type ReleasesClusterSubscription } from '../../generated/operations.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { useTenant } from '../../shell/tenant.ts';
import type { Release } from './compare.ts';
import { ReleaseDifferences } from './comparison.tsx';
import { rollbackTo } from './rollback.ts';

export interface RollbackConfirmProps {
  readonly application: string;
  readonly alias: string;
  readonly to: Release;
  readonly releases: readonly Release[];
  readonly snapshot: ReleasesClusterSubscription['serviceCluster'];
  readonly onClose: () => void;
}

export function RollbackConfirm({
  application,
  alias,
  to,
  releases,
  snapshot,
  onClose,
}: RollbackConfirmProps): ReactNode {
  const tenant = useTenant();
  const [withPolicies, setWithPolicies] = useState(false);
  const [acting, act] = useAct(ReleasesRollback, ({ rollback }) => void carriedOut(rollback));
  const what = rollbackTo(to, snapshot);
  const fromNumber = what.kind === 'possible' ? what.from : to.number;
  const from = releases.find(({ number }) => number === fromNumber);
  const confirm = async (): Promise<void> => {
    const input = { ref: { tenant, application, alias }, releaseNumber: to.number, withPolicies };
    if (await act(input)) onClose();
  };
  return (
    <Confirm
      title={`Roll ${application}/${alias} back to release ${to.number}?`}
      verb={`Roll back to ${to.number}`}
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {what.kind === 'runs-already' ? (
        <p>It runs already.</p>
      ) : (
        <p>
          {what.first} Its instances are moved {fromNumber === null ? '' : `from release ${fromNumber} `}to release{' '}
          {to.number}, a few at a time; when health falls they are moved back. Nothing is built again, and the hook{' '}
          <code>release</code> does not run.
        </p>
      )}
      {from === undefined || from === to ? null : (
        <>
          <h3>What changes</h3>
          <ReleaseDifferences from={from} to={to} />
        </>
      )}
      <p>
        <label>
          <input type="checkbox" checked={withPolicies} onChange={({ target }) => setWithPolicies(target.checked)} />{' '}
          Apply the policies that were noted with it, too. One with a name changes for all that use it.
        </label>
      </p>
    </Confirm>
  );
}
