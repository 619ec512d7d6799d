import { useId, type ReactNode } from 'react';

export interface ReasonFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Why: shown to everybody who looks, and kept in the record. */
export function ReasonField({ value, onChange }: ReasonFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Why</label>
      <input
        id={id}
        type="text"
        maxLength={500}
        required
        autoComplete="off"
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
      <span className="hint">Shown to everybody who looks.</span>
    </div>
  );
}
