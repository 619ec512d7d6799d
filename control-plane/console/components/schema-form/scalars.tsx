/** Fields that hold one value. */
import type { ReactNode } from 'react';
import { OwnFaults, type ControlProps } from './control.tsx';
import type { Scalar } from './field.ts';

type Kind = 'text' | 'number' | 'flag' | 'choice' | 'either' | 'json';

/** Texts that may be longer than so many characters may have lines. */
const LONG = 5_000;

export function ScalarControl(props: ControlProps<Kind>): ReactNode {
  const { id, label, field, faults, isRequired, fallback, whose } = props;
  const hint = hintOf(field.description, fallback ?? field.fallback, fallback === undefined ? 'by default' : whose);
  if (label === '') {
    return (
      <>
        <Control {...props} />
        <OwnFaults id={id} faults={faults} />
      </>
    );
  }
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {isRequired ? null : <span className="quiet not-bold"> optional</span>}
      </label>
      <Control {...props} />
      {hint === '' ? null : (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      <OwnFaults id={id} faults={faults} />
    </div>
  );
}

function hintOf(description: string | null, fallback: unknown, whose: string): string {
  const otherwise = fallback === undefined ? '' : `If it is left empty: ${wordOf(fallback)} (${whose}).`;
  return [description ?? '', otherwise].filter((part) => part !== '').join(' ');
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function Control(props: ControlProps<Kind>): ReactNode {
  const { id, label, field, draft, onChange, faults } = props;
  const attributes: Attributes = {
    id,
    'aria-invalid': faults.some(({ path }) => path.length === 0),
    'aria-describedby': `${id}-fault ${id}-hint`,
    ...(label === '' ? { 'aria-label': field.title ?? field.description ?? 'Value' } : {}),
  };
  if (field.kind === 'flag') {
    return (
      <Choice
        {...props}
        attributes={attributes}
        values={[true, false]}
        draft={typeof draft === 'boolean' ? String(draft) : ''}
        onChange={(value) => onChange(value === '' ? undefined : value === 'true')}
      />
    );
  }
  if (field.kind === 'choice')
    return (
      <Choice {...props} attributes={attributes} values={field.values} draft={textOf(draft)} onChange={onChange} />
    );
  return <TextControl {...props} attributes={attributes} />;
}

interface Attributes {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
  readonly 'aria-label'?: string;
}

interface ChoiceProps {
  readonly attributes: Attributes;
  readonly values: readonly Scalar[];
  readonly draft: string;
  readonly onChange: (draft: string) => void;
  readonly isRequired: boolean;
}

function Choice({ attributes, values, draft, onChange, isRequired }: ChoiceProps): ReactNode {
  return (
    <select {...attributes} value={draft} onChange={({ target }) => onChange(target.value)}>
      <option value="">{isRequired ? 'Choose' : 'As it is by default'}</option>
      {values.map((value) => (
        <option key={JSON.stringify(value)} value={JSON.stringify(value)}>
          {wordOf(value)}
        </option>
      ))}
    </select>
  );
}

function TextControl({
  attributes,
  field,
  draft,
  onChange,
  fallback,
}: ControlProps<Kind> & { readonly attributes: Attributes }): ReactNode {
  const value = textOf(draft);
  if (hasLines(field)) {
    return (
      <textarea
        {...attributes}
        className="mono"
        rows={Math.min(8, value.split('\n').length)}
        spellCheck={false}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    );
  }
  return (
    <input
      {...attributes}
      type="text"
      inputMode={field.kind === 'number' ? 'decimal' : 'text'}
      autoComplete="off"
      spellCheck={false}
      placeholder={fallback === undefined || typeof fallback === 'object' ? '' : wordOf(fallback)}
      value={value}
      onChange={({ target }) => onChange(target.value)}
    />
  );
}

function hasLines(field: ControlProps<Kind>['field']): boolean {
  return (
    field.kind === 'json' || (field.kind === 'text' && field.maximumLength > LONG && field.maximumLength < Infinity)
  );
}

function textOf(draft: ControlProps['draft']): string {
  return typeof draft === 'string' ? draft : '';
}
