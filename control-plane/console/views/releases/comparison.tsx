/** Any two releases beside each other. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { DifferencesTable } from '../../components/differences-table.tsx';
import { Field } from '../../components/field.tsx';
import { RefusedNote, Waiting } from '../../components/notes.tsx';
import { ReleasesDifference } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { rowsOf, type Release } from './compare.ts';

export function Comparison({ releases }: { readonly releases: readonly Release[] }): ReactNode {
  const search = useSearch({ from: '/applications/$application/$alias/releases' });
  const navigate = useNavigate();
  if (releases.length < 2) return null;
  const choose = (chosen: { readonly from?: number; readonly to?: number }): void =>
    void navigate({ to: '.', search: { ...search, ...chosen }, replace: true, resetScroll: false });
  const from = releases.find(({ number }) => number === search.from);
  const to = releases.find(({ number }) => number === search.to);
  return (
    <section className="block" id="comparison">
      <h2>Compare</h2>
      <div className="comparison-choice">
        <ReleaseChoice label="From" releases={releases} chosen={from} onChoose={(number) => choose({ from: number })} />
        <ReleaseChoice label="To" releases={releases} chosen={to} onChoose={(number) => choose({ to: number })} />
      </div>
      {from === undefined || to === undefined ? (
        <p className="quiet">Choose two releases.</p>
      ) : (
        <ReleaseDifferences from={from} to={to} />
      )}
    </section>
  );
}

/** What of one release is different in another. */
export function ReleaseDifferences({ from, to }: { readonly from: Release; readonly to: Release }): ReactNode {
  const [asked, ask] = useAsk(ReleasesDifference, { variables: { from: from.uid, to: to.uid } });
  if (asked.kind === 'waiting') return <Waiting what="both releases" />;
  if (asked.kind === 'refused') return <RefusedNote error={asked.error} again={ask} />;
  const difference = asked.result.release?.differenceFrom ?? null;
  if (difference === null) return <p className="quiet">One of them is no longer kept.</p>;
  const rows = rowsOf(difference);
  if (rows.length === 0) return <p>They are the same: source, cartridge, configuration and policies.</p>;
  return <DifferencesTable differences={rows} before={`Release ${from.number}`} after={`Release ${to.number}`} />;
}

function ReleaseChoice({
  label,
  releases,
  chosen,
  onChoose,
}: {
  readonly label: string;
  readonly releases: readonly Release[];
  readonly chosen: Release | undefined;
  readonly onChoose: (number: number) => void;
}): ReactNode {
  return (
    <Field label={label}>
      {(attributes) => (
        <select {...attributes} value={chosen?.number ?? ''} onChange={({ target }) => onChoose(Number(target.value))}>
          <option value="" disabled>
            Choose
          </option>
          {releases.map(({ uid, number, state }) => (
            <option key={uid} value={number}>
              {number} ({state.toLowerCase()})
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
