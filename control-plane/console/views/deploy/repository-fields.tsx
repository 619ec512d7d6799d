/** Where the source is, and what of it. */
import type { ReactNode } from 'react';
import { Field, TextField } from '../../components/field.tsx';
import { DeployCredentials } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useCaller } from '../../shell/caller.tsx';
import { useTenant } from '../../shell/tenant.ts';
import type { PartProps } from './deploy-form.tsx';
import type { Follow } from './draft.ts';
import { faultAt } from './fault-at.ts';
import { RepositoryNote } from './repository-note.tsx';
import { problemAt, type Looked } from './use-repository.ts';

const FOLLOWED: Readonly<Record<Follow, string>> = {
  default: 'the default branch',
  branch: 'a branch',
  tag: 'a tag',
  commit: 'one commit',
};

interface RepositoryFieldsProps extends PartProps {
  readonly looked: Looked;
  readonly lookAgain: () => void;
}

export function RepositoryFields({ draft, onChange, faults, looked, lookAgain }: RepositoryFieldsProps): ReactNode {
  const faultOf = (field: 'url' | 'reference'): string =>
    faultAt(faults, 'source', 'git', field) || problemAt(looked, field);
  // Of the default branch there is no field: what is wrong with it is wrong with what is followed.
  const isDefault = draft.follow === 'default';
  return (
    <section className="block">
      <h2>Repository</h2>
      <TextField
        label="URL"
        type="url"
        placeholder="https://git.example.org/team/shop.git"
        value={draft.url}
        onChange={(url) => onChange({ url })}
        fault={faultOf('url')}
        hint="Over https or ssh. No user and no password in it: they are a credential."
      />
      <CredentialField draft={draft} onChange={onChange} faults={faults} looked={looked} />
      <div className="beside">
        <Field label="What is followed" fault={isDefault ? faultOf('reference') : ''}>
          {(attributes) => (
            <select
              {...attributes}
              value={draft.follow}
              onChange={({ target }) => onChange({ follow: target.value as Follow })}
            >
              {Object.entries(FOLLOWED).map(([follow, name]) => (
                <option key={follow} value={follow}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        {isDefault ? null : (
          <TextField
            label={draft.follow === 'commit' ? 'Commit' : `Name of the ${draft.follow}`}
            isMono
            value={draft.reference}
            onChange={(reference) => onChange({ reference: reference.trim() })}
            suggestions={draft.follow === 'branch' ? branchesOf(looked) : []}
            fault={faultOf('reference')}
          />
        )}
      </div>
      <RepositoryNote draft={draft} looked={looked} again={lookAgain} />
      <TextField
        label="Folder within"
        isOptional
        isMono
        placeholder="packages/web"
        value={draft.directory}
        onChange={(directory) => onChange({ directory })}
        fault={faultAt(faults, 'source', 'git', 'directory')}
        hint="Where the application is not at the root of the repository."
      />
      <fieldset className="choices">
        <legend>New commits</legend>
        <label>
          <input
            type="radio"
            name="update"
            checked={draft.update === 'automatic'}
            onChange={() => onChange({ update: 'automatic' })}
          />
          are built and rolled out as soon as they are seen
        </label>
        <label>
          <input
            type="radio"
            name="update"
            checked={draft.update === 'manual'}
            onChange={() => onChange({ update: 'manual' })}
          />
          wait until somebody deploys them
        </label>
      </fieldset>
    </section>
  );
}

function branchesOf(looked: Looked): readonly string[] {
  return looked.kind === 'answered' ? looked.result.branches : [];
}

function CredentialField({ draft, onChange, faults, looked }: Omit<RepositoryFieldsProps, 'lookAgain'>): ReactNode {
  const tenant = useTenant();
  const { application } = useCaller();
  // Tokens for one application are shown no credentials of the tenant.
  const [asked] = useAsk(DeployCredentials, {
    variables: application === null ? { tenant } : null,
    again: ['credential.'],
  });
  const all = asked.kind === 'answered' ? asked.result.credentials : [];
  const usable = all.filter(({ kind }) => kind !== 'REGISTRY');
  const chosen = usable.find(({ name }) => name === draft.credentials);
  const fault = faultAt(faults, 'source', 'git', 'credentials') || problemAt(looked, 'credentials');
  const hint =
    chosen === undefined
      ? 'For a private repository. A new one: cartwright credential set NAME --host HOST'
      : `Shown to ${chosen.hosts.join(', ')} and nobody else.${chosen.isReadable ? '' : ' Its key is lost: set it again.'}`;
  if (usable.length === 0 || application !== null) {
    return (
      <TextField
        label="Credential"
        isOptional
        value={draft.credentials}
        onChange={(credentials) => onChange({ credentials })}
        fault={fault}
        hint={hint}
      />
    );
  }
  return (
    <Field label="Credential" isOptional fault={fault} hint={hint}>
      {(attributes) => (
        <select
          {...attributes}
          value={draft.credentials}
          onChange={({ target }) => onChange({ credentials: target.value })}
        >
          <option value="">none: everybody may read the repository</option>
          {usable.map(({ name, kind }) => (
            <option key={name} value={name}>
              {name} ({kind.toLowerCase()})
            </option>
          ))}
          {chosen === undefined && draft.credentials !== '' ? <option>{draft.credentials}</option> : null}
        </select>
      )}
    </Field>
  );
}
