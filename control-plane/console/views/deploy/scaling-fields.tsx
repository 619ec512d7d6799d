/** How many instances, and where. */
import type { ReactNode } from 'react';
import { Field } from '../../components/field.tsx';
import { SchemaForm } from '../../components/schema-form/schema-form.tsx';
import { faultsBelow } from '../../components/schema-form/draft.ts';
import type { DeployChoicesQuery } from '../../generated/operations.ts';
import { BOUNDS } from '../../manifests/component.ts';
import type { PartProps } from './deploy-form.tsx';
import { faultAt } from './fault-at.ts';

export interface ScalingFieldsProps extends PartProps {
  readonly policies: DeployChoicesQuery['policies'];
}

const WAYS = {
  default: 'As the platform does without a policy',
  bounds: 'Between bounds',
  policy: 'By a policy of the tenant',
} as const;

export function ScalingFields({ draft, onChange, faults, policies }: ScalingFieldsProps): ReactNode {
  const autoscaling = policies.filter(({ kind }) => kind === 'AUTOSCALING_POLICY');
  const deployment = policies.filter(({ kind }) => kind === 'DEPLOYMENT_POLICY');
  return (
    <section className="block">
      <h2>Scaling</h2>
      <fieldset className="choices">
        <legend>How many instances</legend>
        {(Object.keys(WAYS) as (keyof typeof WAYS)[]).map((way) => (
          <label key={way}>
            <input
              type="radio"
              name="scaling"
              checked={draft.scaling === way}
              disabled={way === 'policy' && autoscaling.length === 0 && draft.scaling !== 'policy'}
              onChange={() => onChange({ scaling: way })}
            />
            {WAYS[way]}
            {way === 'policy' && autoscaling.length === 0 ? ' (there is none)' : ''}
          </label>
        ))}
      </fieldset>
      {draft.scaling === 'bounds' ? (
        <SchemaForm
          field={BOUNDS}
          draft={draft.bounds}
          onChange={(bounds) => onChange({ bounds })}
          faults={faultsBelow(faults, 'autoscaling')}
        />
      ) : null}
      {draft.scaling === 'policy' ? (
        <PolicyField
          label="Autoscaling policy"
          none="Choose"
          names={autoscaling.map(({ name }) => name)}
          value={draft.policy}
          onChange={(policy) => onChange({ policy })}
          fault={faultAt(faults, 'autoscaling')}
        />
      ) : null}
      {deployment.length === 0 && draft.deployment === '' ? null : (
        <PolicyField
          label="Deployment policy"
          none="none: wherever there is room"
          names={deployment.map(({ name }) => name)}
          value={draft.deployment}
          onChange={(name) => onChange({ deployment: name })}
          fault={faultAt(faults, 'deployment')}
        />
      )}
    </section>
  );
}

function PolicyField({
  label,
  none,
  names,
  value,
  onChange,
  fault,
}: {
  readonly label: string;
  readonly none: string;
  readonly names: readonly string[];
  readonly value: string;
  readonly onChange: (name: string) => void;
  readonly fault: string;
}): ReactNode {
  return (
    <Field label={label} fault={fault}>
      {(attributes) => (
        <select {...attributes} value={value} onChange={({ target }) => onChange(target.value)}>
          <option value="">{none}</option>
          {(value === '' || names.includes(value) ? names : [...names, value]).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </Field>
  );
}
