/** One tenant: what it uses of what it may have, and what an operator does with it. */
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { DialogActions } from '../../components/dialog-actions.tsx';
import { RefusedNote } from '../../components/notes.tsx';
import type { Draft } from '../../components/schema-form/draft.ts';
import { SchemaForm } from '../../components/schema-form/schema-form.tsx';
import { Time } from '../../components/time.tsx';
import { TenantsDelete, TenantsSetQuota } from '../../generated/operations.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { QUOTA_FIELD, quotaRows, quotaTexts, readQuota, type Tenant } from './quotas.ts';

export function TenantCard({ tenant }: { readonly tenant: Tenant }): ReactNode {
  const { name, createdAt, deletingSince, quota } = tenant;
  const [open, setOpen] = useState<'quota' | 'delete' | null>(null);
  const close = (): void => setOpen(null);
  return (
    <section className="block" aria-label={name}>
      <h2>
        <Link to="/" search={{ tenant: name }}>
          {name}
        </Link>
      </h2>
      <p className="quiet">
        Made <Time at={createdAt} />
      </p>
      {deletingSince === null ? null : (
        <p className="note warning">
          <strong>It is being deleted</strong> since <Time at={deletingSince} />.
        </p>
      )}
      <table className="quotas">
        <caption className="visually-hidden">What it uses of what it may have</caption>
        <tbody>
          {quotaRows(quota).map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td>
                <meter value={row.share} min={0} max={1} high={0.9} optimum={0} aria-label={`${row.name} used`} />
              </td>
              <td className="number">{row.text}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {deletingSince === null ? (
        <div className="actions">
          <button type="button" onClick={() => setOpen('quota')}>
            Change its quota
          </button>
          <button type="button" className="destroys" onClick={() => setOpen('delete')}>
            Delete
          </button>
        </div>
      ) : null}
      {open === 'quota' ? <QuotaDialog tenant={tenant} onClose={close} /> : null}
      {open === 'delete' ? <DeleteConfirm tenant={tenant} onClose={close} /> : null}
    </section>
  );
}

interface PartProps {
  readonly tenant: Tenant;
  readonly onClose: () => void;
}

function QuotaDialog({ tenant: { name, quota }, onClose }: PartProps): ReactNode {
  const [draft, setDraft] = useState<Draft>(undefined);
  const [acting, act] = useAct(TenantsSetQuota, ({ setTenantQuota }) => void carriedOut(setTenantQuota));
  const read = readQuota(draft);
  const isEmpty = read.kind === 'sound' && Object.keys(read.quota).length === 0;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (read.kind === 'sound' && (await act({ name, quota: read.quota }))) onClose();
  };
  return (
    <Dialog title={`What ${name} may have`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <p>What is left empty stays as it is. A quota that is lowered takes effect within five seconds.</p>
        <SchemaForm
          field={QUOTA_FIELD}
          draft={draft}
          onChange={setDraft}
          faults={read.kind === 'faulty' ? read.faults : []}
          fallbacks={{ value: quotaTexts(quota), whose: 'as it is' }}
        />
        {acting.kind === 'refused' ? <RefusedNote error={acting.error} /> : null}
        <DialogActions
          onClose={onClose}
          verb="Set"
          isDisabled={acting.kind === 'acting' || isEmpty || read.kind === 'faulty'}
        />
      </form>
    </Dialog>
  );
}

function DeleteConfirm({ tenant: { name, quota }, onClose }: PartProps): ReactNode {
  const [repeated, setRepeated] = useState('');
  const [acting, act] = useAct(TenantsDelete, ({ deleteTenant }) => void carriedOut(deleteTenant));
  const applications = quota.applications.used;
  const confirm = async (): Promise<void> => {
    const cascade = repeated === name;
    if (await act({ name, cascade, ...(cascade ? { repeatedName: repeated } : {}) })) onClose();
  };
  return (
    <Confirm
      title={`Delete the tenant ${name}?`}
      verb="Delete it"
      destroys
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        Its tokens end at once. Its applications ({applications}) are drained and stopped; then all that was recorded of
        it is removed, and nothing brings it back. While it has applications or policies that is refused, unless its
        name is repeated here:
      </p>
      <TextField label="Its name once more" isOptional value={repeated} onChange={setRepeated} />
    </Confirm>
  );
}
