/** Where an instance is, what it runs, and what runs beside it. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { CopyButton } from '../../components/copy-button.tsx';
import { Time } from '../../components/time.tsx';
import type { PageSearch } from '../../shell/tenant.ts';
import type { InstanceRecord } from './use-instance.ts';

export interface FactsProps {
  readonly instance: Omit<InstanceRecord, 'draining'>;
  readonly page: PageSearch;
}

export function Facts({ instance, page }: FactsProps): ReactNode {
  const { uid, applicationName: application, alias, host, port, release, placement, observed, agent } = instance;
  return (
    <dl className="facts">
      <dt>Uid</dt>
      <dd>
        <code>{uid}</code> <CopyButton text={uid} />
      </dd>
      <dt>Asked for</dt>
      <dd>
        <Time at={instance.createdAt} />
      </dd>
      <dt>First ready</dt>
      <dd>{instance.activeAt === null ? 'not yet' : <Time at={instance.activeAt} />}</dd>
      {instance.terminatedAt === null ? null : (
        <>
          <dt>Stopped</dt>
          <dd>
            <Time at={instance.terminatedAt} />
          </dd>
        </>
      )}
      <dt>Address</dt>
      <dd>{host === null || port === null ? 'not known yet' : <code>{`${host}:${port}`}</code>}</dd>
      <dt>Release</dt>
      <dd>
        {release === null ? (
          'none yet'
        ) : (
          <>
            <Link to="/applications/$application/$alias/releases" params={{ application, alias }} search={page}>
              {release.number}
            </Link>
            , cartridge <bdi>{release.cartridge.name}</bdi> {release.cartridge.version}
          </>
        )}
      </dd>
      <Artifacts agent={agent} />
      <dt>Place</dt>
      <dd>
        {placement === null ? (
          'not known'
        ) : (
          <>
            partition <bdi>{placement.partition}</bdi> of host cluster <bdi>{placement.hostCluster}</bdi>
          </>
        )}
      </dd>
      {observed?.objects.map(({ kind, name, detail }) => (
        <Pair key={`${kind} ${name}`} name={kind}>
          <bdi>{name}</bdi>
          {detail === null ? null : (
            <>
              , <bdi>{detail}</bdi>
            </>
          )}
        </Pair>
      ))}
      <dt>Agent</dt>
      <dd>
        {agent === null ? (
          'not heard (any more)'
        ) : (
          <>
            {agent.version}, {agent.connected ? 'connected' : 'not connected'}, heard <Time at={agent.lastHeardAt} />
            {agent.restarts === 0 ? '' : `; has started the application again ${agent.restarts} times`}
          </>
        )}
      </dd>
    </dl>
  );
}

function Pair({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <>
      <dt>
        <bdi>{name}</bdi>
      </dt>
      <dd>{children}</dd>
    </>
  );
}

function Artifacts({ agent }: { readonly agent: InstanceRecord['agent'] }): ReactNode {
  return agent?.artifacts.map(({ slot, epoch, generation, digest, phase, error }) => (
    <Pair key={slot} name={agent.artifacts.length === 1 ? 'Artifact' : `Artifact ${slot}`}>
      <span className={`word ${error === null ? (phase === 'active' ? 'good' : 'warning') : 'bad'}`}>{phase}</span>{' '}
      <code title={digest}>{digest.slice(0, 'sha256-'.length + 12)}</code>, generation {generation}
      <span className="quiet"> of epoch {epoch}</span>
    </Pair>
  ));
}
