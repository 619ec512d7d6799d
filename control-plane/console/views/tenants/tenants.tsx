/** `/tenants`: the organisations of the platform, what they may have and what they use. For operators. */
import { useState, type FormEvent, type ReactNode } from 'react';
import { TextField } from '../../components/field.tsx';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { SchemaForm } from '../../components/schema-form/schema-form.tsx';
import type { Draft } from '../../components/schema-form/draft.ts';
import { TenantQuotas, TenantsCreate } from '../../generated/operations.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useMay } from '../../shell/caller.tsx';
import { QUOTA_FIELD, readQuota } from './quotas.ts';
import { TenantCard } from './tenant-card.tsx';
import './tenants.css';

/** What changes how much a tenant uses, or may. */
const AGAIN = ['tenant.', 'application.created', 'application.deleted', 'cluster.scaled', 'build.'];

export default function Tenants(): ReactNode {
  const isOperator = useMay('OPERATOR');
  return (
    <div className="page">
      <title>Tenants · Cartwright</title>
      {isOperator ? (
        <All />
      ) : (
        <>
          <h1>Tenants</h1>
          <EmptyNote title="Tenants are for the platform’s operators." />
        </>
      )}
    </div>
  );
}

function All(): ReactNode {
  const [isMaking, setMaking] = useState(false);
  const [asked, ask] = useAsk(TenantQuotas, { variables: {}, again: AGAIN });
  return (
    <>
      <div className="page-head">
        <h1>Tenants</h1>
        <span className="actions">
          <button type="button" className="main" aria-expanded={isMaking} onClick={() => setMaking(!isMaking)}>
            Make a tenant
          </button>
        </span>
      </div>
      {isMaking ? <MakeTenant onMade={() => setMaking(false)} /> : null}
      {asked.kind === 'waiting' ? <Waiting what="the tenants" /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} again={ask} /> : null}
      <div className="columns cards">
        {asked.kind === 'answered'
          ? asked.result.tenants.map((tenant) => <TenantCard key={tenant.uid} tenant={tenant} />)
          : null}
      </div>
    </>
  );
}

function MakeTenant({ onMade }: { readonly onMade: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [draft, setDraft] = useState<Draft>(undefined);
  const [acting, act] = useAct(TenantsCreate, ({ createTenant }) => void carriedOut(createTenant));
  const read = readQuota(draft);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (read.kind === 'sound' && (await act({ name, quota: read.quota }))) onMade();
  };
  return (
    <form className="block" onSubmit={(event) => void submit(event)} noValidate>
      <h2>Make a tenant</h2>
      <TextField label="Name" value={name} onChange={setName} hint="1 to 40 lower-case letters, digits and hyphens." />
      <p className="quiet">What is left empty has the platform’s default.</p>
      <div className="quota-form">
        <SchemaForm
          field={QUOTA_FIELD}
          draft={draft}
          onChange={setDraft}
          faults={read.kind === 'faulty' ? read.faults : []}
        />
      </div>
      {acting.kind === 'refused' ? <RefusedNote error={acting.error} /> : null}
      <div className="actions">
        <button
          type="submit"
          className="main"
          disabled={acting.kind === 'acting' || name === '' || read.kind === 'faulty'}
        >
          Make it
        </button>
      </div>
    </form>
  );
}
