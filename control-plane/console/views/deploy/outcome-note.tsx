/** How a deployment has ended: with its address, or with the reason and what to do. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { DeployLastLines } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useMay } from '../../shell/caller.tsx';
import { useTenant, useTenantSearch } from '../../shell/tenant.ts';
import type { Outcome } from './progress.ts';

export interface OutcomeNoteProps {
  readonly outcome: Outcome;
  readonly application: string;
  readonly alias: string;
}

export function OutcomeNote({ outcome, application, alias }: OutcomeNoteProps): ReactNode {
  switch (outcome.kind) {
    case 'under-way':
      return null;
    case 'serves':
      return (
        <div className="note good" role="status">
          <p>
            <strong>
              {application}/{alias} runs release {outcome.release}.
            </strong>
          </p>
          {outcome.url === null ? (
            <p>It has no HTTP port, so there is no address.</p>
          ) : (
            <p>
              <a className="address" href={outcome.url} target="_blank" rel="noreferrer">
                {outcome.url}
              </a>
            </p>
          )}
        </div>
      );
    case 'overtaken':
      return (
        <p className="note warning" role="status">
          <strong>Something else was deployed since.</strong>{' '}
          {outcome.release === null ? '' : `This made release ${outcome.release}; `}
          {outcome.runs === null ? 'nothing runs now.' : `release ${outcome.runs} runs now.`}
        </p>
      );
    case 'failed':
      return <Failed outcome={outcome} application={application} alias={alias} />;
  }
}

function Failed({
  outcome,
  application,
  alias,
}: OutcomeNoteProps & { readonly outcome: Outcome & { kind: 'failed' } }): ReactNode {
  const mayDeploy = useMay('DEPLOYER');
  const search = useTenantSearch();
  const isOfBuild = outcome.code.startsWith('BUILD_');
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>It does not run:</strong> <Foreign text={outcome.message} /> <code>{outcome.code}</code>
      </p>
      <p>{outcome.next}</p>
      <p>{outcome.runs === null ? 'Nothing runs of it.' : `Release ${outcome.runs} goes on running.`}</p>
      {isOfBuild ? null : <LastLines application={application} alias={alias} />}
      <p className="actions">
        <Link to="/logs/$application" params={{ application }} search={search}>
          Log of {application}
        </Link>
        {mayDeploy ? (
          <Link to="/deploy" search={{ ...search, application, alias }}>
            Change and deploy again
          </Link>
        ) : null}
      </p>
    </div>
  );
}

function LastLines({ application, alias }: { readonly application: string; readonly alias: string }): ReactNode {
  const tenant = useTenant();
  const [asked] = useAsk(DeployLastLines, { variables: { ref: { tenant, application, alias } } });
  const entries = asked.kind === 'answered' ? asked.result.searchLogs.entries : [];
  const lines = entries.flatMap((entry) => (entry.__typename === 'LogLine' ? [entry] : []));
  if (lines.length === 0) return asked.kind === 'answered' ? <p>The application has written no log.</p> : null;
  return (
    <>
      <p>Its last lines:</p>
      <pre className="build-log" tabIndex={0} aria-label="Last lines of the log">
        {lines.map(({ sequence, text }) => (
          <div key={sequence}>
            <Foreign text={text} />
          </div>
        ))}
      </pre>
    </>
  );
}
