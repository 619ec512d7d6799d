/** What every control of a form is given, and how it says what is wrong. */
import type { ReactNode } from 'react';
import type { Draft, Fault } from './draft.ts';
import type { Field } from './field.ts';

/** One field at any depth. */
export interface ControlProps<Kind extends Field['kind'] = Field['kind']> {
  readonly id: string;
  /** Empty: the surrounding says what it is. */
  readonly label: string;
  readonly field: Field & { readonly kind: Kind };
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  /** With paths from here. */
  readonly faults: readonly Fault[];
  readonly fallback: unknown;
  readonly whose: string;
  readonly isRequired: boolean;
  readonly depth: number;
}

/** What is wrong with the field itself. */
export function OwnFaults({ id, faults }: { readonly id: string; readonly faults: readonly Fault[] }): ReactNode {
  const own = faults.filter(({ path }) => path.length === 0);
  return own.length === 0 ? null : (
    <span className="fault" id={`${id}-fault`}>
      {own.map(({ message }) => message).join(' ')}
    </span>
  );
}
