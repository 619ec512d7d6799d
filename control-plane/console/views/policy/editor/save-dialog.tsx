/** What will be different, for whom; then it is saved, unless somebody else was faster. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Confirm } from '../../../components/confirm.tsx';
import { DifferencesTable } from '../../../components/differences-table.tsx';
import type { Difference } from '../../../components/json-difference.ts';
import { PolicyApply } from '../../../generated/operations.ts';
import { useAct } from '../../../live/use-act.ts';
import { carriedOut } from '../../../live/user-errors.ts';
import { useTenantSearch } from '../../../shell/tenant.ts';
import type { KindOfPolicy } from '../kinds.ts';
import type { User } from '../users.ts';
import { FILE_NAME } from './server-faults.ts';

export interface SaveDialogProps {
  readonly kind: KindOfPolicy;
  readonly name: string;
  readonly tenant: string;
  readonly text: string;
  /** That it is changed from; 0: it must not exist. */
  readonly generation: number;
  readonly changes: readonly Difference[];
  readonly users: readonly User[];
  /** What trying exactly this has come to; null: it was not tried. */
  readonly verdict: string | null;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function SaveDialog(props: SaveDialogProps): ReactNode {
  const { kind, name, tenant, text, generation, changes, users, verdict, onClose, onSaved } = props;
  const search = useTenantSearch();
  const [acting, apply] = useAct(PolicyApply, ({ apply: payload }) => void carriedOut(payload));
  const isNew = generation === 0;
  const save = async (): Promise<void> => {
    const input = { manifests: text, fileName: FILE_NAME, tenant, dryRun: false, expectedGeneration: generation };
    if (await apply(input)) onSaved();
  };
  return (
    <Confirm
      title={`${isNew ? 'Make' : 'Save'} ${name}`}
      verb={isNew ? 'Make it' : 'Save it'}
      acting={acting}
      onConfirm={() => void save()}
      onClose={onClose}
    >
      {users.length === 0 ? (
        <p>Nothing uses it yet: nothing is scaled or placed otherwise by saving it.</p>
      ) : (
        <>
          <p>At once it holds for:</p>
          <ul>
            {users.map(({ application, alias }) => (
              <li key={`${application}/${alias}`}>
                <Link to="/applications/$application/$alias" params={{ application, alias }} search={search}>
                  {application}/{alias}
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
      {kind.kind !== 'AUTOSCALING_POLICY' ? null : verdict === null ? (
        <p className="note warning">It was not tried on the past as it is written now.</p>
      ) : (
        <p className="note">{verdict}</p>
      )}
      {isNew ? null : <DifferencesTable differences={changes} before="Stored" after="Yours" />}
    </Confirm>
  );
}
