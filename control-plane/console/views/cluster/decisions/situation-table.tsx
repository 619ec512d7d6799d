import type { ReactNode } from 'react';
import { ScrollX } from '../../../components/scroll-x.tsx';
import type { Seen } from './situation.ts';

/** What the decider saw. @param rows null: it was not kept */
export function SituationTable({ rows }: { readonly rows: readonly Seen[] | null }): ReactNode {
  return (
    <>
      <h3>What it saw</h3>
      {rows === null ? (
        <p className="quiet">It is not kept: that of actions, and of the last of equal non-actions, is.</p>
      ) : (
        <ScrollX label="What the decider saw">
          <table>
            <tbody>
              {rows.map(({ what, value, isUnknown }) => (
                <tr key={what}>
                  <th scope="row">{what}</th>
                  <td className={isUnknown ? 'quiet' : ''}>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
    </>
  );
}
