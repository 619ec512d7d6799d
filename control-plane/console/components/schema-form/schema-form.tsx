/** A form made of a JSON Schema: each kind of field has its control, what is wrong is said at the field that it is wrong in. */
import { useId, type ReactNode } from 'react';
import { OwnFaults, type ControlProps } from './control.tsx';
import { faultsBelow, impliedBy, type Draft, type Fault } from './draft.ts';
import type { Field } from './field.ts';
import { EntriesControl, ListControl } from './lists.tsx';
import { labelOf } from './label.ts';
import { ScalarControl } from './scalars.tsx';
import './schema-form.css';

export interface SchemaFormProps {
  /** What it asks for; a group is shown as its members. */
  readonly field: Field;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  /** Those that are to be shown. */
  readonly faults: readonly Fault[];
  /** What holds where nothing is given, of the shape of the value, and whose it is: "the cartridge’s". */
  readonly fallbacks?: { readonly value: unknown; readonly whose: string };
}

export function SchemaForm({ field, draft, onChange, faults, fallbacks }: SchemaFormProps): ReactNode {
  const id = useId();
  return (
    <div className="schema-form">
      <FieldControl
        id={id}
        label=""
        field={field}
        draft={draft}
        onChange={onChange}
        faults={faults}
        fallback={fallbacks?.value}
        whose={fallbacks?.whose ?? 'the platform’s'}
        isRequired
        depth={0}
      />
    </div>
  );
}

/** One field at any depth. */
export function FieldControl(props: ControlProps): ReactNode {
  const { field } = props;
  switch (field.kind) {
    case 'group':
      return <GroupControl {...props} field={field} />;
    case 'list':
      return <ListControl {...props} field={field} />;
    case 'entries':
      return <EntriesControl {...props} field={field} />;
    default:
      return <ScalarControl {...props} field={field} />;
  }
}

function GroupControl({ id, label, field, draft, onChange, faults, depth, ...rest }: ControlProps<'group'>): ReactNode {
  const drafts = (draft ?? {}) as Readonly<Record<string, Draft>>;
  const fallbacks = (rest.fallback ?? {}) as Readonly<Record<string, unknown>>;
  const members = field.members
    .filter((member) => !(member.isRequired && impliedBy(member.field) !== undefined))
    .map(({ name, field: member, isRequired }) => (
      <FieldControl
        key={name}
        id={`${id}-${name}`}
        label={member.title ?? labelOf(name)}
        field={member}
        draft={drafts[name]}
        onChange={(next) => onChange({ ...drafts, [name]: next })}
        faults={faultsBelow(faults, name)}
        fallback={fallbacks[name]}
        whose={rest.whose}
        isRequired={isRequired}
        depth={depth + 1}
      />
    ));
  const own = <OwnFaults id={id} faults={faults} />;
  if (label === '') {
    return (
      <>
        {own}
        {members}
      </>
    );
  }
  return (
    <fieldset>
      <legend>{label}</legend>
      {field.description === null ? null : <p className="quiet">{field.description}</p>}
      {own}
      {depth <= 1 ? members : <Folded isBegun={draft !== undefined || faults.length > 0}>{members}</Folded>}
    </fieldset>
  );
}

/** Deeper groups are opened by who wants them, or by what is in them. */
function Folded({ isBegun, children }: { readonly isBegun: boolean; readonly children: ReactNode }): ReactNode {
  return (
    <details open={isBegun || undefined}>
      <summary>Set it</summary>
      {children}
    </details>
  );
}
