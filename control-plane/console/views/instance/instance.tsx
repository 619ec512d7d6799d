/** One instance: what it is doing, what is wrong with it, how it came to be, and its last lines. */
import { Link, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { Time } from '../../components/time.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import type { Live } from '../../live/use-live.ts';
import { useMay } from '../../shell/caller.tsx';
import { useTenant, type PageSearch } from '../../shell/tenant.ts';
import { Chain } from './chain.tsx';
import { Facts } from './facts.tsx';
import { Figures } from './figures.tsx';
import { inventoryOf } from './inventory.ts';
import { LastLines } from './last-lines.tsx';
import { Life } from './life.tsx';
import { Restart } from './restart.tsx';
import { NO_SAMPLES } from './samples.ts';
import { meaningOf, wordOf } from './state-words.ts';
import { troublesOf, type Trouble } from './trouble.ts';
import { useInstance, type InstanceRecord, type Running } from './use-instance.ts';
import './instance.css';

export default function Instance(): ReactNode {
  const { application = '', alias = '', uid = '' } = useParams({ strict: false });
  return <InstanceOf key={uid} {...{ application, alias, uid }} />;
}

interface Named {
  readonly application: string;
  readonly alias: string;
  readonly uid: string;
}

function InstanceOf({ application, alias, uid }: Named): ReactNode {
  const tenant = useTenant();
  const { tenant: named } = useSearch({ strict: false });
  const { asked, live } = useInstance({ tenant, application, alias, uid });
  const page: PageSearch = named === undefined ? {} : { tenant: named };
  const title = <title>{`Instance ${uid.slice(-6)} of ${application}/${alias} · Cartwright`}</title>;
  if (asked.kind === 'answered' && asked.result.instance !== null)
    return (
      <>
        {title}
        <Shown instance={asked.result.instance} live={live} page={page} />
      </>
    );
  return (
    <div className="page">
      {title}
      <h1>Instance {uid.slice(-6)}</h1>
      {asked.kind === 'waiting' ? <Waiting what="the instance" /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} /> : null}
      {asked.kind === 'answered' ? <NoSuchInstance {...{ application, alias, uid, page }} /> : null}
    </div>
  );
}

function NoSuchInstance({ application, alias, uid, page }: Named & { readonly page: PageSearch }): ReactNode {
  return (
    <EmptyNote title="There is no such instance">
      <p>
        Nothing is known of an instance <code>{uid}</code>: the link may be cut off, the instance of another tenant, or
        its application deleted.
      </p>
      <p className="actions">
        <Link to="/applications/$application/$alias" params={{ application, alias }} search={page} className="button">
          The instances of {application}/{alias}
        </Link>
        <Link to="/logs/$application" params={{ application }} search={{ ...page, instance: uid }} className="button">
          Lines that it may have left
        </Link>
      </p>
    </EmptyNote>
  );
}

interface ShownProps {
  readonly instance: InstanceRecord;
  readonly live: Live<Running>;
  readonly page: PageSearch;
}

function Shown({ instance, live, page }: ShownProps): ReactNode {
  const { uid, tenant, applicationName: application, alias } = instance;
  const running = live.kind === 'live' ? live.state : null;
  // The feed is ahead of the record by the time that it takes to ask for that.
  const now = { ...instance, ...running?.seen?.instance, release: instance.release };
  const found = inventoryOf(instance.inventory);
  return (
    <div className="page instance">
      <Head instance={now} page={page} />
      {live.kind === 'refused' ? <RefusedNote error={live.error} /> : null}
      <Troubles troubles={troublesOf({ ...now, changes: instance.lifecycle.changes })} />
      <div className="columns">
        <section className="block">
          <h2>What it uses</h2>
          {now.state === 'TERMINATED' ? (
            <p className="quiet">It has ended: nothing is measured any more.</p>
          ) : (
            <ScrollX label="What it uses">
              <Figures values={running?.seen?.live ?? instance.live} samples={running?.samples ?? NO_SAMPLES} />
            </ScrollX>
          )}
        </section>
        <section className="block">
          <h2>What it is</h2>
          <Facts instance={now} page={page} />
        </section>
      </div>
      <section className="block">
        <h2>Its last lines</h2>
        <LastLines {...{ tenant, application, alias, uid, named: page.tenant }} />
      </section>
      <section className="block">
        <h2>Its life</h2>
        <Life lifecycle={instance.lifecycle} />
      </section>
      <section className="block">
        <h2>Why it is there</h2>
        <Chain instance={instance} />
      </section>
      {found.length === 0 ? null : (
        <section className="block">
          <h2>The machine that its agent found</h2>
          <dl className="facts">
            {found.map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
          </dl>
        </section>
      )}
    </div>
  );
}

type Shown = Omit<InstanceRecord, 'draining'> & { readonly draining: { readonly purpose: 'STOP' | 'SWITCH' } | null };

function Head({ instance, page }: { readonly instance: Shown; readonly page: PageSearch }): ReactNode {
  const { uid, applicationName: application, alias, state, unreachable, draining } = instance;
  const mayRestart = useMay('DEPLOYER') && state !== 'TERMINATED';
  return (
    <div className="page-head">
      <h1>
        Instance <span className="mono">{uid.slice(-6)}</span> of{' '}
        <Link to="/applications/$application/$alias" params={{ application, alias }} search={page}>
          <bdi>
            {application}/{alias}
          </bdi>
        </Link>
      </h1>
      <span className={`word ${meaningOf(state).tone}`}>{wordOf(state)}</span>
      {unreachable ? <span className="word bad">unreachable</span> : null}
      {draining === null ? null : (
        <span className="word warning">
          {draining.purpose === 'STOP'
            ? 'out of the balancers, to be stopped'
            : 'out of the balancers, to switch its release'}
        </span>
      )}
      <span className="quiet">{meaningOf(state).meaning}</span>
      {mayRestart ? (
        <div className="actions">
          <Restart uid={uid} name={`${application}/${alias} ${uid.slice(-6)}`} />
        </div>
      ) : null}
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <>
      <dt>
        <bdi>{name}</bdi>
      </dt>
      <dd>
        <bdi>{value}</bdi>
      </dd>
    </>
  );
}

function Troubles({ troubles }: { readonly troubles: readonly Trouble[] }): ReactNode {
  return troubles.map(({ tone, title, code, message, at }) => (
    <div key={`${code} ${message}`} className={`note ${tone} instance-trouble`}>
      <p>
        {title === null ? null : <strong>{title}. </strong>}
        <bdi>{message}</bdi>
      </p>
      <p className="quiet">
        <code>{code}</code>
        {at === null ? null : (
          <>
            , <Time at={at} />
          </>
        )}
      </p>
    </div>
  ));
}
