/** Everything about one line, and what can be done with it. */
import { Link } from '@tanstack/react-router';
import { useMemo, type ReactNode } from 'react';
import { CopyButton } from '../../../components/copy-button.tsx';
import { exact } from '../../../components/time.tsx';
import { changed, type LogSearch } from '../address.ts';
import type { Line } from '../store/entry.ts';
import { asWritten } from '../text/ansi.ts';
import { jsonOf } from '../text/json.ts';
import { plainText, short } from '../text/plain.ts';
import { JsonTree } from './json-tree.tsx';

export interface LineDetailsProps {
  readonly line: Line;
  readonly application: string;
  /** The tenant that links go on with. */
  readonly tenant: string | undefined;
  readonly search: LogSearch;
  /** Address of the page about this line, without its host. */
  readonly href: string;
}

export function LineDetails({ line, application, tenant, search, href }: LineDetailsProps): ReactNode {
  const { sequence, at, alias, instance, release, stream, level, text } = line;
  const json = useMemo(() => jsonOf(text), [text]);
  const page = tenant === undefined ? {} : { tenant };
  const narrowed = (change: LogSearch): LogSearch => ({ ...page, ...changed(search, { ...change, line: sequence }) });
  const around: LogSearch = { ...page, line: sequence, ...(search.wrap === undefined ? {} : { wrap: search.wrap }) };
  return (
    <div className="log-details">
      <p className="actions">
        <CopyButton label="Copy line" text={plainText(line)} />
        <CopyButton label="Copy link" text={new URL(href, window.location.origin).href} />
        <Link to="/logs/$application" params={{ application }} search={around} className="button">
          What was around it
        </Link>
      </p>
      <dl className="facts">
        <dt>Written</dt>
        <dd>{exact(new Date(at))}</dd>
        <dt>Instance</dt>
        <dd>
          <Link
            to="/applications/$application/$alias/instances/$uid"
            params={{ application, alias, uid: instance }}
            search={page}
          >
            <bdi>{alias}</bdi>/{short(instance)}
          </Link>{' '}
          (
          <Link to="/logs/$application" params={{ application }} search={narrowed({ instance })}>
            its lines alone
          </Link>
          )
        </dd>
        <dt>Stream</dt>
        <dd>
          <bdi>{stream}</bdi> (
          <Link to="/logs/$application" params={{ application }} search={narrowed({ stream })}>
            this stream alone
          </Link>
          )
        </dd>
        <dt>Release</dt>
        <dd>
          {release === null ? (
            'not known'
          ) : (
            <>
              {release} (
              <Link to="/logs/$application" params={{ application }} search={narrowed({ alias, release })}>
                its lines alone
              </Link>
              )
            </>
          )}
        </dd>
        <dt>Level</dt>
        <dd>{level ?? 'none: its text says none'}</dd>
        <dt>Sequence</dt>
        <dd>{sequence}</dd>
      </dl>
      {json === null ? <pre className="log-whole">{asWritten(text)}</pre> : <JsonTree node={json} />}
    </div>
  );
}
