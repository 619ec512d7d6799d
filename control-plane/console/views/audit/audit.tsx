/** `/audit`: who asked for which change, and what became of it. For admins. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { AuditPage } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useMay } from '../../shell/caller.tsx';
import { pageSearch, useTenantFilter } from '../../shell/tenant.ts';
import { AuditFilter } from './audit-filter.tsx';
import { auditVariables } from './audit-filter.ts';
import { AuditTable } from './audit-table.tsx';
import type { AuditSearch } from './search.ts';
import './audit.css';

/** What mutations tell of: then there is another record. */
const AGAIN = [
  'application.',
  'build.created',
  'certificate.',
  'cluster.override',
  'cluster.paused',
  'cluster.resumed',
  'cluster.shadowed',
  'cluster.unshadowed',
  'configuration.',
  'credential.',
  'host-cluster.',
  'instance.restart-asked',
  'metadata.',
  'notice.',
  'policy.',
  'rollout.',
  'tenant.',
  'token.',
];

export default function Audit(): ReactNode {
  const mayAdmin = useMay('ADMIN');
  return (
    <div className="page">
      <title>Audit · Cartwright</title>
      <div className="page-head">
        <h1>Audit</h1>
      </div>
      {mayAdmin ? (
        <Records />
      ) : (
        <EmptyNote title="The audit is for admins.">
          <p>Ask an admin of your tenant who changed what.</p>
        </EmptyNote>
      )}
    </div>
  );
}

function Records(): ReactNode {
  const search = useSearch({ from: '/audit' });
  const navigate = useNavigate();
  const tenant = useTenantFilter();
  const isNewest = search.before === undefined;
  const [asked, ask] = useAsk(AuditPage, {
    variables: auditVariables(search, tenant),
    again: isNewest ? AGAIN : [],
  });
  /** Cursors of the pages that one came from. */
  const [came, setCame] = useState<readonly (string | undefined)[]>([]);
  const go = (before: string | undefined): void => void navigate({ to: '/audit', search: withPlace(search, before) });
  const filter = (changed: AuditSearch): void => {
    setCame([]);
    void navigate({ to: '/audit', search: { ...pageSearch(search), ...changed } });
  };
  return (
    <>
      <AuditFilter key={JSON.stringify(search)} search={search} onFilter={filter} />
      {asked.kind === 'waiting' ? <Waiting what="the records" /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} again={ask} /> : null}
      {asked.kind !== 'answered' ? null : (
        <>
          <AuditTable
            records={asked.result.auditRecords.edges.map(({ node }) => node).reverse()}
            onFilter={(changed) => filter({ ...search, before: undefined, ...changed })}
          />
          <nav className="actions" aria-label="Pages">
            <button
              type="button"
              disabled={isNewest}
              onClick={() => {
                go(came.at(-1));
                setCame(came.slice(0, -1));
              }}
            >
              Newer
            </button>
            <button
              type="button"
              disabled={!asked.result.auditRecords.pageInfo.hasPreviousPage}
              onClick={() => {
                setCame([...came, search.before]);
                go(asked.result.auditRecords.pageInfo.startCursor ?? undefined);
              }}
            >
              Older
            </button>
            <button type="button" onClick={ask}>
              Look again
            </button>
            {isNewest ? <span className="quiet">The newest; what is changed meanwhile comes by itself.</span> : null}
          </nav>
        </>
      )}
    </>
  );
}

function withPlace<Search extends AuditSearch>({ before: _before, ...rest }: Search, before: string | undefined) {
  return before === undefined ? rest : { ...rest, before };
}
