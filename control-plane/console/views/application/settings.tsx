/** What an application was told: variables, secrets by name, metadata, certificates, where its log goes, its manifest. */
import type { ReactNode } from 'react';
import { Time } from '../../components/time.tsx';
import type { ApplicationDetails } from './head.tsx';

export function Settings({ application }: { readonly application: ApplicationDetails }): ReactNode {
  const { name, variables, secrets, metadata, certificates, drains, manifest, generation, updatedAt } = application;
  return (
    <section aria-labelledby="settings" className="settings">
      <h2 id="settings">What it was told</h2>
      <div className="columns">
        <Block
          title="Variables of all components"
          empty={<SetBy command={`cartwright config set ${name} KEY=VALUE`} />}
          columns={['Name', 'Value']}
          rows={variables.map(({ name: key, value }) => [key, <code key="value">{value}</code>])}
        />
        <Block
          title="Secrets of all components"
          empty={<SetBy command={`cartwright secret set ${name} NAME`} />}
          columns={['Name', 'Version', 'Set']}
          rows={secrets
            .filter(({ retiredAt }) => retiredAt === null)
            .map(({ name: key, version, createdAt, createdBy, isReadable }) => [
              key,
              <>
                {version}
                {isReadable ? null : <span className="word bad">not readable: set it again</span>}
              </>,
              <>
                <Time at={createdAt} /> by {createdBy}
              </>,
            ])}
        />
        <Block
          title="Metadata"
          empty={<SetBy command={`cartwright metadata set ${name} KEY VALUE`} />}
          columns={['Key', 'Value']}
          rows={metadata.entries.map(({ key, value }) => [key, <code key="value">{value}</code>])}
        />
        <Block
          title="Certificates"
          empty={<SetBy command={`cartwright certificate set ${name} HOST --cert FILE --key FILE`} />}
          columns={['Host', 'Ends']}
          rows={certificates.map(({ name: host, isDefault, isReadable, notAfter }) => [
            <>
              {host}
              {isDefault ? <span className="quiet"> and every host without one</span> : null}
            </>,
            <>
              <Time at={notAfter} />
              {isReadable ? null : <span className="word bad">not readable: set it again</span>}
            </>,
          ])}
        />
        {drains.length === 0 ? null : (
          <Block
            title="Where its log is sent as well"
            empty={null}
            columns={['Name', 'To', 'State']}
            rows={drains.map(({ name: drain, type, url, state, behind, lastError }) => [
              drain,
              <>
                {type} <bdi>{url}</bdi>
              </>,
              <>
                {state === 'RETRYING' ? <span className="word warning">retrying</span> : state.toLowerCase()}
                {behind === 0 ? '' : `, ${behind.toLocaleString('en')} lines behind`}
                {lastError === null || state !== 'RETRYING' ? null : <bdi>: {lastError.message}</bdi>}
              </>,
            ])}
          />
        )}
      </div>
      <details>
        <summary>
          Manifest, generation {generation}, changed <Time at={updatedAt} />
        </summary>
        <pre className="block scroll-x">{JSON.stringify(manifest, null, 2)}</pre>
      </details>
    </section>
  );
}

interface BlockProps {
  readonly title: string;
  /** In the place of the table when there are no rows. */
  readonly empty: ReactNode;
  readonly columns: readonly string[];
  /** The first cell heads its row. */
  readonly rows: readonly (readonly ReactNode[])[];
}

function Block({ title, empty, columns, rows }: BlockProps): ReactNode {
  return (
    <section className="block">
      <h3>{title}</h3>
      {rows.length === 0 ? (
        empty
      ) : (
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([first, ...others], index) => (
              <tr key={index}>
                <th scope="row">{first}</th>
                {others.map((cell, column) => (
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function SetBy({ command }: { readonly command: string }): ReactNode {
  return (
    <p className="quiet">
      None. Set with <code>{command}</code>
    </p>
  );
}
