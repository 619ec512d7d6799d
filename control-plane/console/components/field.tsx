/** One control of a form with its label, what it is for, and what is wrong with it. */
import { useId, type ReactNode } from 'react';

/** What the control is given, so that people who do not see it are told the same. */
interface ControlAttributes {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
}

export interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  /** Absent or empty: nothing is wrong. */
  readonly fault?: string;
  readonly isOptional?: boolean;
  readonly children: (attributes: ControlAttributes) => ReactNode;
}

export function Field({ label, hint, fault = '', isOptional = false, children }: FieldProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {isOptional ? <span className="quiet not-bold"> optional</span> : null}
      </label>
      {children({ id, 'aria-invalid': fault !== '', 'aria-describedby': `${id}-hint ${id}-fault` })}
      {hint === undefined ? null : (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {fault === '' ? null : (
        <span className="fault" id={`${id}-fault`}>
          {fault}
        </span>
      )}
    </div>
  );
}

export interface TextFieldProps extends Omit<FieldProps, 'children'> {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What can be chosen from, beside anything else. */
  readonly suggestions?: readonly string[];
  readonly placeholder?: string;
  readonly type?: 'text' | 'url' | 'number' | 'datetime-local';
  readonly isMono?: boolean;
}

export function TextField({
  value,
  onChange,
  suggestions = [],
  placeholder,
  type = 'text',
  isMono = false,
  ...field
}: TextFieldProps): ReactNode {
  const list = useId();
  return (
    <Field {...field}>
      {(attributes) => (
        <>
          <input
            {...attributes}
            type={type}
            className={isMono ? 'mono' : undefined}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            placeholder={placeholder}
            list={suggestions.length === 0 ? undefined : list}
            value={value}
            onChange={({ target }) => onChange(target.value)}
          />
          {suggestions.length === 0 ? null : (
            <datalist id={list}>
              {suggestions.map((suggestion) => (
                <option key={suggestion} value={suggestion} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}
