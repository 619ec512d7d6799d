/** What was, and what is in its place. */
import type { ReactNode } from 'react';
import { Foreign } from './foreign.tsx';
import { pathText, valueText, type Difference } from './json-difference.ts';
import { ScrollX } from './scroll-x.tsx';

export interface DifferencesTableProps {
  readonly differences: readonly Difference[];
  /** What the columns are: "Release 3". */
  readonly before: string;
  readonly after: string;
}

export function DifferencesTable({ differences, before, after }: DifferencesTableProps): ReactNode {
  return (
    <ScrollX label="What differs">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">{before}</th>
            <th scope="col">{after}</th>
          </tr>
        </thead>
        <tbody>
          {differences.map((difference) => (
            <tr key={pathText(difference.path)}>
              <th scope="row">
                <Foreign text={pathText(difference.path)} />
              </th>
              <Value value={difference.before} />
              <Value value={difference.after} />
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

function Value({ value }: { readonly value: unknown }): ReactNode {
  return (
    <td className={value === undefined ? 'quiet' : 'mono'} style={{ overflowWrap: 'anywhere' }}>
      <Foreign text={valueText(value)} />
    </td>
  );
}
