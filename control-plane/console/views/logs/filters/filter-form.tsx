/** Which lines: everything here is in the address, and is decided by the control plane. */
import { useId, type ReactNode, type RefObject } from 'react';
import { changed, countOf, filterOf, type LogSearch } from '../address.ts';
import { LEVELS, type Level } from '../store/entry.ts';
import { CommitInput } from './commit-input.tsx';
import { isoOf, localOf, SPANS } from './local-time.ts';

/** After the last key of a text. */
const TYPING_MILLISECONDS = 400;

/** What can be chosen among, as far as is known. */
export interface Choices {
  readonly aliases: readonly string[];
  /** Uids. */
  readonly instances: readonly string[];
  readonly streams: readonly string[];
  /** Numbers, the newest first. */
  readonly releases: readonly number[];
}

export interface FilterFormProps {
  readonly search: LogSearch;
  readonly choices: Choices;
  /** Of the text, so that a key goes there. */
  readonly textInput: RefObject<HTMLDivElement | null>;
  /** Name of the field that the control plane has refused; null: none. */
  readonly refused: string | null;
  readonly onChange: (search: LogSearch) => void;
}

export function FilterForm({ search, choices, textInput, refused, onChange }: FilterFormProps): ReactNode {
  const id = useId();
  // Other lines: the newest of them.
  const set: Set = (change) => onChange(changed(search, { ...change, line: undefined }));
  const narrowed = countOf(filterOf(search));
  const further = furtherOf(search);
  return (
    <form className="log-filters" role="search" aria-label="Lines" onSubmit={(event) => event.preventDefault()}>
      <Find {...{ search, textInput, refused, set }} />
      <div className="log-find">
        <label htmlFor={`${id}level`}>at least</label>
        <select
          id={`${id}level`}
          value={search.level ?? ''}
          onChange={({ target }) => set({ level: target.value === '' ? undefined : (target.value as Level) })}
        >
          <option value="">any level</option>
          {LEVELS.map((level) => (
            <option key={level}>{level}</option>
          ))}
        </select>
      </div>
      <details className="log-further" open={further > 0}>
        <summary>Component, instance, release, time{further === 0 ? '' : ` (${further} set)`}</summary>
        <div className="log-fields">
          <Origin {...{ search, choices, refused, set }} />
          <Times {...{ search, refused, set }} />
        </div>
      </details>
      {narrowed === 0 ? null : (
        <button type="button" onClick={() => onChange(search.wrap === undefined ? {} : { wrap: search.wrap })}>
          All lines
        </button>
      )}
    </form>
  );
}

type Set = (change: Parameters<typeof changed>[1]) => void;

interface PartProps {
  readonly search: LogSearch;
  readonly refused: string | null;
  readonly set: Set;
}

/** A text or a regular expression. */
function Find({ search, refused, set, textInput }: PartProps & Pick<FilterFormProps, 'textInput'>): ReactNode {
  const id = useId();
  const isPattern = search.pattern !== undefined;
  return (
    <div ref={textInput} className="log-find">
      <label htmlFor={id}>Lines with</label>
      <CommitInput
        id={id}
        type="search"
        after={TYPING_MILLISECONDS}
        placeholder={isPattern ? 'an expression of RE2' : 'a text'}
        maxLength={isPattern ? 500 : 1000}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={refused === 'pattern' || refused === 'text' ? true : undefined}
        aria-keyshortcuts="/"
        value={search.pattern ?? search.text ?? ''}
        onCommit={(value) => set({ [isPattern ? 'pattern' : 'text']: textOf(value) })}
      />
      <label>
        <input
          type="checkbox"
          checked={isPattern}
          disabled={!isPattern && search.text === undefined}
          onChange={({ target }) =>
            set(
              target.checked ? { pattern: search.text, text: undefined } : { text: search.pattern, pattern: undefined },
            )
          }
        />{' '}
        regular expression
      </label>
    </div>
  );
}

function Origin({ search, refused, set, choices }: PartProps & Pick<FilterFormProps, 'choices'>): ReactNode {
  const id = useId();
  return (
    <>
      <label>
        Component
        <select value={search.alias ?? ''} onChange={({ target }) => set({ alias: textOf(target.value) })}>
          <option value="">all</option>
          {withOwn(choices.aliases, search.alias).map((alias) => (
            <option key={alias}>{alias}</option>
          ))}
        </select>
      </label>
      <label>
        Instance
        <CommitInput
          list={`${id}instances`}
          placeholder="uid, or its end"
          size={28}
          maxLength={40}
          value={search.instance ?? ''}
          aria-invalid={refused === 'instance' ? true : undefined}
          onCommit={(value) => set({ instance: textOf(value.trim().toLowerCase()) })}
        />
      </label>
      <label>
        Stream
        <CommitInput
          list={`${id}streams`}
          placeholder="all"
          size={12}
          maxLength={40}
          value={search.stream ?? ''}
          onCommit={(value) => set({ stream: textOf(value.trim()) })}
        />
      </label>
      <label>
        Release
        <CommitInput
          type="number"
          min={1}
          list={`${id}releases`}
          placeholder="all"
          value={search.release === undefined ? '' : String(search.release)}
          aria-invalid={refused === 'release' ? true : undefined}
          onCommit={(value) => set({ release: Number(value) >= 1 ? Math.floor(Number(value)) : undefined })}
        />
      </label>
      <Options id={`${id}instances`} values={choices.instances} />
      <Options id={`${id}streams`} values={choices.streams} />
      <Options id={`${id}releases`} values={choices.releases} />
    </>
  );
}

function Options({ id, values }: { readonly id: string; readonly values: readonly (string | number)[] }): ReactNode {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}

function Times({ search, refused, set }: PartProps): ReactNode {
  return (
    <>
      <label>
        Written in
        <select
          value=""
          onChange={({ target }) =>
            set({ from: new Date(Date.now() - Number(target.value) * 60_000).toISOString(), to: undefined })
          }
        >
          <option value="">choose …</option>
          {SPANS.map(({ name, minutes }) => (
            <option key={minutes} value={minutes}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        From
        <CommitInput
          type="datetime-local"
          step={1}
          value={localOf(search.from)}
          onCommit={(value) => set({ from: isoOf(value) })}
        />
      </label>
      <label>
        To before
        <CommitInput
          type="datetime-local"
          step={1}
          value={localOf(search.to)}
          aria-invalid={refused === 'to' ? true : undefined}
          onCommit={(value) => set({ to: isoOf(value) })}
        />
      </label>
    </>
  );
}

function textOf(value: string): string | undefined {
  return value === '' ? undefined : value;
}

/** How many of the fields are set that are not always in view. */
function furtherOf({ alias, instance, stream, release, from, to }: LogSearch): number {
  return [alias, instance, stream, release, from, to].filter((value) => value !== undefined).length;
}

function withOwn(all: readonly string[], own: string | undefined): readonly string[] {
  return own === undefined || all.includes(own) ? all : [...all, own];
}
