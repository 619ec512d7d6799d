/** What it runs on, and what it is called. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Field, TextField } from '../../components/field.tsx';
import type { DeployChoicesQuery } from '../../generated/operations.ts';
import { useCaller } from '../../shell/caller.tsx';
import { useTenantSearch } from '../../shell/tenant.ts';
import type { PartProps } from './deploy-form.tsx';
import { faultAt } from './fault-at.ts';
import type { Written } from './manifest.ts';

type Cartridge = DeployChoicesQuery['cartridges'][number];

export interface NamesFieldsProps extends PartProps {
  readonly cartridges: readonly Cartridge[];
  readonly written: Written;
  readonly isKnown: boolean;
}

export function NamesFields({ draft, onChange, faults, cartridges, written, isKnown }: NamesFieldsProps): ReactNode {
  const { application } = useCaller();
  return (
    <section className="block">
      <h2>What it runs on, and its name</h2>
      <CartridgeField draft={draft} onChange={onChange} faults={faults} cartridges={cartridges} written={written} />
      <div className="beside">
        <TextField
          label="Application"
          value={draft.application}
          placeholder={written.application}
          onChange={(name) => onChange({ application: application ?? name })}
          fault={faultAt(faults, 'application')}
          hint={application === null ? undefined : `Your token is for ${application} only.`}
        />
        <TextField
          label="Component"
          value={draft.alias}
          placeholder={written.alias}
          onChange={(alias) => onChange({ alias })}
          fault={faultAt(faults, 'alias')}
          hint="Its alias within the application: web, api, worker …"
        />
      </div>
      <EffectNote written={written} isKnown={isKnown} isOfStored={draft.isOfStored} />
    </section>
  );
}

function CartridgeField({
  draft,
  onChange,
  faults,
  cartridges,
  written,
}: Omit<NamesFieldsProps, 'isKnown'>): ReactNode {
  const { effect } = written;
  const fixed = effect.kind === 'changed-component' ? String(effect.component.cartridge) : null;
  const offered = cartridges.filter(({ category }) => category !== 'LOAD_BALANCER');
  const chosen = cartridges.find(({ name }) => name === (fixed ?? draft.cartridge));
  const unusable = offered.filter((cartridge) => cartridge.unusable !== null);
  return (
    <>
      <Field
        label="Cartridge"
        fault={faultAt(faults, 'cartridge')}
        hint={
          fixed !== null
            ? 'A component stays on its cartridge: another one needs another name.'
            : (chosen?.description ?? 'The runtime package that it runs on.')
        }
      >
        {(attributes) => (
          <select
            {...attributes}
            value={fixed ?? draft.cartridge}
            disabled={fixed !== null}
            onChange={({ target }) => onChange({ cartridge: target.value })}
          >
            <option value="">Choose</option>
            {fixed === null || chosen !== undefined ? null : <option>{fixed}</option>}
            {offered.map(({ name, version, unusable: why }) => (
              <option key={name} value={name} disabled={why !== null}>
                {name} {version}
                {why === null ? '' : ' (not usable here)'}
              </option>
            ))}
          </select>
        )}
      </Field>
      {unusable.length === 0 ? null : (
        <details className="field">
          <summary>Why {unusable.map(({ name }) => name).join(', ')} cannot be used here</summary>
          <ul>
            {unusable.map(({ name, unusable: why }) => (
              <li key={name}>
                {name}: {why}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** What is there already, and what becomes of it. */
function EffectNote({
  written: { application, alias, effect },
  isKnown,
  isOfStored,
}: {
  readonly written: Written;
  readonly isKnown: boolean;
  readonly isOfStored: boolean;
}): ReactNode {
  const search = useTenantSearch();
  if (application === '' || !isKnown) return null;
  switch (effect.kind) {
    case 'new-application':
      return (
        <p className="quiet" role="status">
          A new application, {application}, with the component {alias}.
        </p>
      );
    case 'new-component':
      return (
        <p className="note" role="status">
          {application} exists: {alias} becomes another component of it.
        </p>
      );
    case 'changed-component':
      return (
        <p className="note warning" role="status">
          {application}/{alias} exists and is changed.{' '}
          {isOfStored ? (
            'What is emptied here is taken away from it.'
          ) : (
            <>
              It takes its source from here, and keeps what is not filled in.{' '}
              <Link to="/deploy" search={{ ...search, application, alias }}>
                Begin with its settings
              </Link>
            </>
          )}
        </p>
      );
  }
}
