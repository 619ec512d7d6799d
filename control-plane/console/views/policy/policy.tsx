/** One policy: read, changed, tried, saved. */
import { Link, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { RefusedNote, Waiting } from '../../components/notes.tsx';
import { useTenant, useTenantSearch } from '../../shell/tenant.ts';
import { PolicyEditor } from './editor/policy-editor.tsx';
import { KINDS } from './kinds.ts';
import { Users } from './policies.tsx';
import './policy.css';
import { manifestFrom } from './templates.ts';
import { usePolicies } from './use-policies.ts';

export default function Policy(): ReactNode {
  const { policy: name } = useParams({ from: '/policies/$policy' });
  const { kind: asked, template } = useSearch({ from: '/policies/$policy' });
  const tenant = useTenant();
  const { policies, usersOf, again } = usePolicies(tenant);
  return (
    <div className="page">
      <title>{`${name} · Policies · Cartwright`}</title>
      <PolicyHead name={name} />
      {policies.kind === 'waiting' ? <Waiting what="the policy" /> : null}
      {policies.kind === 'refused' ? <RefusedNote error={policies.error} again={again} /> : null}
      {policies.kind === 'answered' ? (
        <Found
          key={`${tenant} ${name} ${asked ?? ''}`}
          {...{ name, tenant, template }}
          kind={asked ?? policies.result.policies.find((policy) => policy.name === name)?.kind ?? 'AUTOSCALING_POLICY'}
          policies={policies.result.policies}
          usersOf={usersOf}
        />
      ) : null}
    </div>
  );
}

function PolicyHead({ name }: { readonly name: string }): ReactNode {
  const search = useTenantSearch();
  return (
    <div className="page-head">
      <h1>
        <Link to="/policies" search={search}>
          Policies
        </Link>{' '}
        / {name}
      </h1>
    </div>
  );
}

type Props = Pick<ReturnType<typeof usePolicies>, 'usersOf'>;
type Kind = Parameters<Props['usersOf']>[0];

interface FoundProps extends Props {
  readonly name: string;
  readonly tenant: string;
  readonly template: string | undefined;
  readonly kind: Kind;
  readonly policies: readonly {
    readonly name: string;
    readonly kind: Kind;
    readonly generation: number;
    readonly manifest: unknown;
  }[];
}

function Found({ name, tenant, template, kind, policies, usersOf }: FoundProps): ReactNode {
  const stored = policies.find((policy) => policy.name === name && policy.kind === kind) ?? null;
  const users = usersOf(kind, name);
  return (
    <>
      <dl className="facts">
        <dt>Kind</dt>
        <dd>{KINDS[kind].title}</dd>
        <dt>Used by</dt>
        <dd>
          <Users users={users} />
        </dd>
        {stored === null ? null : (
          <>
            <dt>Generation</dt>
            <dd>{stored.generation}</dd>
          </>
        )}
      </dl>
      {stored === null ? (
        <p className="note">There is no policy of this name yet: what you write below becomes it once you make it.</p>
      ) : null}
      <PolicyEditor
        kind={KINDS[kind]}
        {...{ name, tenant, stored, users }}
        beginning={manifestFrom(kind, name, template)}
      />
    </>
  );
}
