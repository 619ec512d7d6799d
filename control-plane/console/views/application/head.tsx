/** What an application is called, where it is reached, whether something holds it, and where to go from here. */
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { applicationWord } from '../../clusters/state-words.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Time } from '../../components/time.tsx';
import type { ApplicationPageQuery } from '../../generated/operations.ts';
import { useMay } from '../../shell/caller.tsx';
import { useSearchOf } from '../../shell/tenant.ts';
import { DeleteApplicationDialog } from './delete-application.tsx';
import type { Entry } from './topology.ts';

export type ApplicationDetails = NonNullable<ApplicationPageQuery['application']>;

export interface HeadProps {
  readonly application: ApplicationDetails;
  readonly entries: readonly Entry[];
}

export function Head({ application, entries }: HeadProps): ReactNode {
  const { name, tenant, url, blocked, deletingSince } = application;
  const state = applicationWord(entries.map((entry) => entry.state));
  const aliases = aliasesOf(entries);
  const [isDeleting, setDeleting] = useState(false);
  const mayDeploy = useMay('DEPLOYER');
  const search = useSearchOf()(tenant);
  return (
    <>
      <div className="page-head">
        <h1>{name}</h1>
        <span className="quiet">of the tenant {tenant}</span>
        {state === null ? null : (
          <span className={`word ${state.tone}`} title={state.means}>
            {state.word}
          </span>
        )}
        <div className="actions">
          <Link className="button" to="/logs/$application" params={{ application: name }} search={search}>
            Logs
          </Link>
          {mayDeploy ? (
            <>
              <Link className="button" to="/deploy" search={search}>
                Deploy
              </Link>
              <button
                type="button"
                className="destroys"
                disabled={deletingSince !== null}
                onClick={() => setDeleting(true)}
              >
                Delete
              </button>
            </>
          ) : null}
        </div>
      </div>
      {blocked === null ? null : (
        <p className="note bad" role="status">
          <strong>Blocked</strong> <Time at={blocked.since} />: <bdi>{blocked.message}</bdi> What runs of it goes on;
          nothing is decided, started or stopped until that is mended.
        </p>
      )}
      {deletingSince === null ? null : (
        <p className="note warning" role="status">
          Its deletion was asked for <Time at={deletingSince} />: its instances are drained and stopped, and it goes
          with the last of them.
        </p>
      )}
      <dl className="facts">
        <dt>URL</dt>
        <dd className="address">
          {url === null ? <span className="quiet">none: it has no load balancer</span> : <Address url={url} />}
        </dd>
        {aliases.length === 0 ? null : (
          <>
            <dt>Releases</dt>
            <dd className="aliases">
              {aliases.map((alias) => (
                <Link
                  key={alias}
                  to="/applications/$application/$alias/releases"
                  params={{ application: name, alias }}
                  search={search}
                >
                  {alias}
                </Link>
              ))}
            </dd>
          </>
        )}
      </dl>
      {isDeleting ? <DeleteApplicationDialog application={application} onClose={() => setDeleting(false)} /> : null}
    </>
  );
}

/** Of what has releases of its own. */
function aliasesOf(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ alias, category }) => (category === 'LOAD_BALANCER' ? [] : [alias])).sort();
}

function Address({ url }: { readonly url: string }): ReactNode {
  return (
    <>
      {/^https?:/u.test(url) ? (
        <a href={url} rel="noreferrer">
          {url}
        </a>
      ) : (
        url
      )}{' '}
      <CopyButton text={url} label="Copy the URL" />
    </>
  );
}
