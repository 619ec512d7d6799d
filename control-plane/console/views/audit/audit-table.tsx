/** Records, the newest first; each opens. */
import { useState, type ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { DifferencesTable } from '../../components/differences-table.tsx';
import { EmptyNote } from '../../components/notes.tsx';
import { Time, exact } from '../../components/time.tsx';
import { word } from '../../components/words.ts';
import { changesOf, objectText, TONES, type AuditRecord } from './record.ts';
import type { AuditSearch } from './search.ts';

export interface AuditTableProps {
  readonly records: readonly AuditRecord[];
  readonly onFilter: (search: AuditSearch) => void;
}

export function AuditTable({ records, onFilter }: AuditTableProps): ReactNode {
  const [open, setOpen] = useState<string | null>(null);
  if (records.length === 0) {
    return (
      <EmptyNote title="There is no such record.">
        <p>Ask for less: records are kept for 13 months.</p>
      </EmptyNote>
    );
  }
  return (
    <div className="scroll-x">
      <table className="stacked audit">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">Mutation</th>
            <th scope="col">About</th>
            <th scope="col">Outcome</th>
            <th scope="col">
              <span className="visually-hidden">Details</span>
            </th>
          </tr>
        </thead>
        {records.map((record) => (
          <tbody key={record.uid}>
            <tr>
              <td>
                <Time at={record.at} />
              </td>
              <td>
                <Foreign text={record.actor.name} />
              </td>
              <td className="mono">{record.mutation}</td>
              <td>
                <Foreign text={objectText(record)} />
              </td>
              <td>
                <span className={`word ${TONES[record.outcome]}`}>{word(record.outcome)}</span>{' '}
                {record.code === null ? null : <code>{record.code}</code>}
              </td>
              <td>
                <button
                  type="button"
                  aria-expanded={open === record.uid}
                  onClick={() => setOpen(open === record.uid ? null : record.uid)}
                >
                  {open === record.uid ? 'Close' : 'Open'}
                </button>
              </td>
            </tr>
            {open === record.uid ? (
              <tr>
                <td colSpan={6}>
                  <Details record={record} onFilter={onFilter} />
                </td>
              </tr>
            ) : null}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function Details({
  record,
  onFilter,
}: {
  readonly record: AuditRecord;
  readonly onFilter: AuditTableProps['onFilter'];
}): ReactNode {
  const { actor, object } = record;
  const changes = changesOf(record);
  return (
    <div className="audit-details">
      <dl className="facts">
        <dt>When</dt>
        <dd>{exact(new Date(record.at))}</dd>
        <dt>Who</dt>
        <dd>
          <Foreign text={actor.name} />, {word(actor.role)}{' '}
          {actor.tenant === null ? 'of the platform' : `of ${actor.tenant}`}
          {actor.application === null ? '' : `, for ${actor.application} only`}{' '}
          <button type="button" onClick={() => onFilter({ actor: actor.uid })}>
            All of this token
          </button>
        </dd>
        <dt>From</dt>
        <dd>{record.address ?? 'not known'}</dd>
        <dt>Tenant</dt>
        <dd>{record.tenant ?? 'the platform'}</dd>
        {object === null ? null : (
          <>
            <dt>About</dt>
            <dd>
              <Foreign text={objectText(record)} /> <span className="mono quiet">{object.uid}</span>{' '}
              {object.uid === null ? null : (
                <button type="button" onClick={() => onFilter({ object: object.uid ?? '' })}>
                  All about it
                </button>
              )}
            </dd>
          </>
        )}
        <dt>Request</dt>
        <dd className="mono">{record.requestId}</dd>
        {record.idempotencyKey === null ? null : (
          <>
            <dt>Its key</dt>
            <dd className="mono">
              <Foreign text={record.idempotencyKey} />
            </dd>
          </>
        )}
      </dl>
      {changes.length === 0 ? (
        <p className="quiet">Nothing was changed by it.</p>
      ) : (
        <DifferencesTable differences={changes} before="Before" after="After" />
      )}
    </div>
  );
}
