/** How the list is narrowed and ordered. */
import { useEffect, useId, useState, type ReactNode } from 'react';
import { FILTER_KEYS } from './filter.ts';
import type { Sort } from './order.ts';

export interface FilterBarProps {
  /** As the address has it. */
  readonly text: string;
  readonly sort: Sort;
  readonly unknown: readonly string[];
  readonly counted: string;
  /** Rows stand in the places that they had, and not in their order. */
  readonly isHeld: boolean;
  readonly onText: (text: string) => void;
  readonly onSort: (sort: Sort) => void;
}

const SORTS: readonly { readonly sort: Sort; readonly says: string }[] = [
  { sort: 'attention', says: 'what needs attention first' },
  { sort: 'load', says: 'the most loaded first' },
  { sort: 'name', says: 'name' },
];

export function FilterBar({ text, sort, unknown, counted, isHeld, onText, onSort }: FilterBarProps): ReactNode {
  const [typed, setTyped] = useState(text);
  const ids = { filter: useId(), fault: useId(), sort: useId() };
  // The address changes by itself when somebody goes back.
  useEffect(() => {
    if (text.trim() !== typed.trim()) setTyped(text);
  }, [text]);
  const type = (value: string): void => {
    setTyped(value);
    onText(value.trim());
  };
  return (
    <div className="filter-bar">
      <div>
        <label htmlFor={ids.filter}>Filter</label>
        <input
          id={ids.filter}
          type="search"
          value={typed}
          maxLength={500}
          placeholder="shop state:starting attention:any"
          spellCheck={false}
          aria-invalid={unknown.length > 0}
          aria-describedby={ids.fault}
          onChange={({ target }) => type(target.value)}
        />
      </div>
      <div>
        <label htmlFor={ids.sort}>Order</label>
        <select id={ids.sort} value={sort} onChange={({ target }) => onSort(target.value as Sort)}>
          {SORTS.map(({ sort: value, says }) => (
            <option key={value} value={value}>
              {says}
            </option>
          ))}
        </select>
      </div>
      <p role="status" className="quiet">
        {counted}
        {isHeld ? '; they keep their places while you are among them' : ''}
      </p>
      <p id={ids.fault} className="fault">
        {unknown.length === 0
          ? ''
          : `There is no such filter: ${unknown.join(' ')}. Known are ${FILTER_KEYS.map(({ key }) => `${key}:`).join(' ')}`}
      </p>
      <details>
        <summary>What the filter understands</summary>
        <p>All words must hold. A word without a key is looked for in the names; a minus before it turns it round.</p>
        <dl className="facts">
          {FILTER_KEYS.map(({ key, example, says }) => (
            <div key={key}>
              <dt>
                <code>{example}</code>
              </dt>
              <dd>{says}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}
