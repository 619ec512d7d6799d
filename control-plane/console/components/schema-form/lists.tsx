/** Fields that hold as many values as one likes: lists, and objects with names of one's own. */
import { Fragment, useEffect, useRef, type ReactNode, type RefObject } from 'react';
import { OwnFaults, type ControlProps } from './control.tsx';
import { faultsBelow, type Draft, type EntryDraft } from './draft.ts';
import { FieldControl } from './schema-form.tsx';

export function ListControl(props: ControlProps<'list'>): ReactNode {
  const { id, label, field, draft, onChange, faults, fallback, whose, depth } = props;
  const items = Array.isArray(draft) ? (draft as readonly Draft[]) : [];
  const [list, add] = useAdding(() => onChange([...items, emptyOf(field.item.kind)]), items.length);
  return (
    <fieldset>
      <legend>{label}</legend>
      <Words description={field.description} fallback={fallback} whose={whose} />
      <OwnFaults id={id} faults={faults} />
      <ol className="plain items" ref={list}>
        {items.map((item, index) => (
          <li key={index}>
            <div className="item">
              <FieldControl
                id={`${id}-${index}`}
                label=""
                field={{ ...field.item, title: `${label} ${index + 1}` }}
                draft={item}
                onChange={(next) => onChange(items.map((other, at) => (at === index ? next : other)))}
                faults={faultsBelow(faults, index)}
                fallback={undefined}
                whose={whose}
                isRequired
                depth={depth + 1}
              />
            </div>
            <Remove
              what={`${label} ${index + 1}`}
              onRemove={() => onChange(items.filter((_other, at) => at !== index))}
            />
          </li>
        ))}
      </ol>
      {items.length < field.maximumItems ? (
        <button type="button" onClick={add}>
          Add
        </button>
      ) : null}
    </fieldset>
  );
}

export function EntriesControl(props: ControlProps<'entries'>): ReactNode {
  const { id, label, field, draft, onChange, faults, fallback, whose, depth } = props;
  const entries = Array.isArray(draft) ? (draft as readonly EntryDraft[]) : [];
  const [list, add] = useAdding(
    () => onChange([...entries, { name: '', value: emptyOf(field.values.kind) }]),
    entries.length,
  );
  const change = (index: number, entry: EntryDraft): void =>
    onChange(entries.map((other, at) => (at === index ? entry : other)));
  return (
    <fieldset>
      <legend>{label}</legend>
      <Words description={field.description} fallback={undefined} whose={whose} />
      <Under fallback={fallback} whose={whose} />
      <ol className="plain items" ref={list}>
        {entries.map((entry, index) => {
          const found = faultsBelow(faults, entry.name);
          return (
            <li key={index}>
              <div className="item entry">
                <input
                  type="text"
                  className="mono"
                  aria-label="Name"
                  placeholder="NAME"
                  autoComplete="off"
                  autoCapitalize="off"
                  spellCheck={false}
                  aria-invalid={found.some(({ path }) => path.length === 0)}
                  aria-describedby={`${id}-${index}-fault`}
                  value={entry.name}
                  onChange={({ target: { value } }) => change(index, { ...entry, name: value })}
                />
                <div>
                  <FieldControl
                    id={`${id}-${index}`}
                    label=""
                    field={{ ...field.values, title: `Value of ${entry.name === '' ? 'it' : entry.name}` }}
                    draft={entry.value}
                    onChange={(value) => change(index, { ...entry, value })}
                    faults={found}
                    fallback={undefined}
                    whose={whose}
                    isRequired
                    depth={depth + 1}
                  />
                </div>
              </div>
              <Remove
                what={entry.name === '' ? 'this one' : entry.name}
                onRemove={() => onChange(entries.filter((_other, at) => at !== index))}
              />
            </li>
          );
        })}
      </ol>
      <button type="button" onClick={add}>
        Add
      </button>
    </fieldset>
  );
}

/** The first control of what was added gets the focus. */
function useAdding(add: () => void, length: number): readonly [RefObject<HTMLOListElement | null>, () => void] {
  const list = useRef<HTMLOListElement>(null);
  const isAdding = useRef(false);
  useEffect(() => {
    if (!isAdding.current) return;
    isAdding.current = false;
    list.current?.querySelector<HTMLElement>(':scope > li:last-child :is(input, select, textarea)')?.focus();
  }, [length]);
  return [
    list,
    () => {
      isAdding.current = true;
      add();
    },
  ];
}

function emptyOf(kind: ControlProps['field']['kind']): Draft {
  return kind === 'group' ? {} : kind === 'list' || kind === 'entries' ? [] : kind === 'flag' ? undefined : '';
}

/** What it is for, and what holds without it. */
function Words({
  description,
  fallback,
  whose,
}: {
  readonly description: string | null;
  readonly fallback: unknown;
  readonly whose: string;
}): ReactNode {
  return (
    <>
      {description === null ? null : <p className="quiet">{description}</p>}
      {fallback === undefined ? null : (
        <p className="quiet">
          Without it: <code>{JSON.stringify(fallback)}</code> ({whose}).
        </p>
      )}
    </>
  );
}

/** Entries lie over those that are there anyway, each over that of its name. */
function Under({ fallback, whose }: { readonly fallback: unknown; readonly whose: string }): ReactNode {
  if (typeof fallback !== 'object' || fallback === null) return null;
  return (
    <p className="quiet">
      Set already, and under what stands here ({whose}):{' '}
      {Object.entries(fallback).map(([name, value], index) => (
        <Fragment key={name}>
          {index === 0 ? '' : ', '}
          <code>
            {name}={String(value)}
          </code>
        </Fragment>
      ))}
    </p>
  );
}

function Remove({ what, onRemove }: { readonly what: string; readonly onRemove: () => void }): ReactNode {
  return (
    <button type="button" className="plain" aria-label={`Remove ${what}`} onClick={onRemove}>
      ✕
    </button>
  );
}
