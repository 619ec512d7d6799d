/** What is looked for; the address says it, so that it can be sent to somebody. */
import { useState, type FormEvent, type ReactNode } from 'react';
import { Field, TextField } from '../../components/field.tsx';
import { OUTCOMES } from './audit-filter.ts';
import type { AuditSearch } from './search.ts';

export interface AuditFilterProps {
  readonly search: AuditSearch;
  readonly onFilter: (search: AuditSearch) => void;
}

/** Those that are asked for most. */
const MUTATIONS = [
  'apply',
  'configure',
  'createToken',
  'deleteApplication',
  'deploy',
  'drainHostCluster',
  'freeze',
  'pause',
  'registerHostCluster',
  'restartInstance',
  'resume',
  'revokeToken',
  'rollback',
  'runTask',
  'scale',
  'setSecrets',
  'setTenantQuota',
  'unfreeze',
  'uploadSource',
];

export function AuditFilter({ search, onFilter }: AuditFilterProps): ReactNode {
  const [typed, setTyped] = useState(search);
  const change = (changed: AuditSearch): void => setTyped((before) => ({ ...before, ...changed }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const given = FIELDS.flatMap((name) => {
      const value = typed[name]?.trim() ?? '';
      return value === '' ? [] : [[name, value] as const];
    });
    onFilter(Object.fromEntries(given));
  };
  return (
    <form className="block audit-filter" onSubmit={submit}>
      <TextField
        label="Who"
        value={typed.actor ?? ''}
        onChange={(actor) => change({ actor })}
        placeholder="name of a token"
      />
      <TextField
        label="Mutation"
        value={typed.mutation ?? ''}
        onChange={(mutation) => change({ mutation })}
        suggestions={MUTATIONS}
      />
      <TextField
        label="About"
        value={typed.object ?? ''}
        onChange={(object) => change({ object })}
        placeholder="shop, shop/web or a uid"
      />
      <Field label="Outcome">
        {(attributes) => (
          <select
            {...attributes}
            value={typed.outcome ?? ''}
            onChange={({ target }) => change({ outcome: target.value })}
          >
            <option value="">any</option>
            {OUTCOMES.map((outcome) => (
              <option key={outcome} value={outcome}>
                {outcome.toLowerCase()}
              </option>
            ))}
          </select>
        )}
      </Field>
      <TextField label="From" type="datetime-local" value={typed.from ?? ''} onChange={(from) => change({ from })} />
      <TextField label="To" type="datetime-local" value={typed.to ?? ''} onChange={(to) => change({ to })} />
      <div className="actions">
        <button type="submit" className="main">
          Show
        </button>
        <button type="button" onClick={() => onFilter({})}>
          Everything
        </button>
      </div>
    </form>
  );
}

const FIELDS = ['actor', 'mutation', 'object', 'outcome', 'from', 'to'] as const;
