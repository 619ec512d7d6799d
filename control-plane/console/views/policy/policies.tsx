/** The policies of a tenant: who uses them, and a new one. */
import { Link, useNavigate } from '@tanstack/react-router';
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { NAME_PATTERN } from '../../../../schema/ids.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { Time } from '../../components/time.tsx';
import { PolicyDelete, type PolicyKind, type PolicyListQuery } from '../../generated/operations.ts';
import { useAct } from '../../live/use-act.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useMay } from '../../shell/caller.tsx';
import { useTenant, useTenantSearch } from '../../shell/tenant.ts';
import { KINDS } from './kinds.ts';
import './policy.css';
import { TEMPLATES } from './templates.ts';
import { usePolicies } from './use-policies.ts';
import type { User } from './users.ts';
import { ScrollX } from '../../components/scroll-x.tsx';

type Policy = PolicyListQuery['policies'][number];

export default function Policies(): ReactNode {
  const tenant = useTenant();
  const { policies, usersOf, again } = usePolicies(tenant);
  const mayEdit = useMay('DEPLOYER');
  const [deleting, setDeleting] = useState<Policy | null>(null);
  return (
    <div className="page">
      <title>Policies · Cartwright</title>
      <div className="page-head">
        <h1>Policies</h1>
        <span className="quiet">of {tenant}</span>
      </div>
      {policies.kind === 'waiting' ? <Waiting what="the policies" /> : null}
      {policies.kind === 'refused' ? <RefusedNote error={policies.error} again={again} /> : null}
      {policies.kind === 'answered' ? (
        <PolicyTable policies={policies.result.policies} usersOf={usersOf} onDelete={mayEdit ? setDeleting : null} />
      ) : null}
      {mayEdit && policies.kind === 'answered' ? <NewPolicy taken={policies.result.policies} /> : null}
      {deleting === null ? null : (
        <DeleteDialog
          policy={deleting}
          users={usersOf(deleting.kind, deleting.name)}
          onClose={() => setDeleting(null)}
        />
      )}
    </div>
  );
}

interface PolicyTableProps {
  readonly policies: readonly Policy[];
  readonly usersOf: (kind: PolicyKind, name: string) => readonly User[];
  readonly onDelete: ((policy: Policy) => void) | null;
}

function PolicyTable({ policies, usersOf, onDelete }: PolicyTableProps): ReactNode {
  const search = useTenantSearch();
  if (policies.length === 0) {
    return (
      <EmptyNote title="There are no policies.">
        <p>
          Every service cluster is scaled by the platform’s defaults. Make a policy below, and name it at a component.
        </p>
      </EmptyNote>
    );
  }
  return (
    <ScrollX label="Table of policies">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Kind</th>
            <th scope="col">Used by</th>
            <th scope="col">Changed</th>
            {onDelete === null ? null : (
              <th scope="col">
                <span className="visually-hidden">What can be done</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {policies.map((policy) => {
            const { uid, name, kind, generation, updatedAt } = policy;
            const users = usersOf(kind, name);
            return (
              <tr key={uid}>
                <th scope="row">
                  <Link to="/policies/$policy" params={{ policy: name }} search={{ ...search, kind }}>
                    {name}
                  </Link>
                </th>
                <td>{KINDS[kind].title}</td>
                <td>
                  <Users users={users} />
                </td>
                <td>
                  <Time at={updatedAt} /> <span className="quiet">generation {generation}</span>
                </td>
                {onDelete === null ? null : (
                  <td>
                    <button
                      type="button"
                      className="destroys"
                      disabled={users.length > 0}
                      onClick={() => onDelete(policy)}
                    >
                      Delete …
                    </button>
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollX>
  );
}

/** Links to those who use a policy. */
export function Users({ users }: { readonly users: readonly User[] }): ReactNode {
  const search = useTenantSearch();
  if (users.length === 0) return <span className="quiet">nobody</span>;
  return (
    <ul className="plain users">
      {users.map(({ application, alias }) => (
        <li key={`${application}/${alias}`}>
          <Link to="/applications/$application/$alias/policy" params={{ application, alias }} search={search}>
            {application}/{alias}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function NewPolicy({ taken }: { readonly taken: readonly Policy[] }): ReactNode {
  const id = useId();
  const search = useTenantSearch();
  const navigate = useNavigate();
  const [kind, setKind] = useState<PolicyKind>('AUTOSCALING_POLICY');
  const [template, setTemplate] = useState('');
  const [name, setName] = useState('');
  const isTaken = taken.some((policy) => policy.kind === kind && policy.name === name);
  const isName = NAME_PATTERN.test(name);
  const fault = name === '' || (isName && !isTaken) ? '' : isTaken ? 'There is one of this name.' : NAME_WORDS;
  const begin = (event: FormEvent): void => {
    event.preventDefault();
    if (!isName || isTaken) return;
    const chosen = template === '' ? {} : { template };
    void navigate({ to: '/policies/$policy', params: { policy: name }, search: { ...search, kind, ...chosen } });
  };
  return (
    <section className="block new-policy" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>A new one</h2>
      <form className="actions" onSubmit={begin}>
        <label>
          Kind{' '}
          <select
            value={kind}
            onChange={({ target }) => {
              setKind(target.value as PolicyKind);
              setTemplate('');
            }}
          >
            {Object.values(KINDS).map(({ kind: one, title }) => (
              <option key={one} value={one}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label>
          like{' '}
          <select value={template} onChange={({ target }) => setTemplate(target.value)}>
            {TEMPLATES[kind].map(({ id: one, title }, index) => (
              <option key={one} value={index === 0 ? '' : one}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label>
          named{' '}
          <input
            type="text"
            value={name}
            maxLength={40}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            aria-invalid={fault !== ''}
            aria-describedby={`${id}-fault`}
            onChange={({ target }) => setName(target.value)}
          />
        </label>
        <button type="submit" disabled={name === '' || fault !== ''}>
          Begin
        </button>
      </form>
      <p id={`${id}-fault`} className="fault">
        {fault}
      </p>
    </section>
  );
}

const NAME_WORDS = 'Expected lower-case letters, digits and hyphens, beginning with a letter; at most 40.';

interface DeleteDialogProps {
  readonly policy: Policy;
  readonly users: readonly User[];
  readonly onClose: () => void;
}

function DeleteDialog({ policy, users, onClose }: DeleteDialogProps): ReactNode {
  const { tenant, kind, name, generation } = policy;
  const [acting, remove] = useAct(PolicyDelete, ({ deletePolicy }) => void carriedOut(deletePolicy));
  const confirm = async (): Promise<void> => {
    if (await remove({ tenant, kind, name, expectedGeneration: generation })) onClose();
  };
  return (
    <Confirm
      title={`Delete ${name}`}
      verb="Delete it"
      destroys
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {users.length === 0 ? (
        <p>Nobody uses it. Releases that noted it keep what it said.</p>
      ) : (
        <p>It is in use meanwhile: it cannot be deleted while somebody names it.</p>
      )}
    </Confirm>
  );
}
