/** What surrounds every page: where one can go, whether it is live, who one is. */
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useConnectionState } from '../live/context.tsx';
import { useAsk } from '../live/use-ask.ts';
import { ListTenants } from '../generated/operations.ts';
import { useCaller, useMay } from './caller.tsx';
import { Freshness } from './freshness.tsx';
import { useTenantSearch } from './tenant.ts';
import { applyTheme, storedTheme, type Theme } from './theme.ts';

const PLACES = [
  { to: '/', name: 'Overview' },
  { to: '/deploy', name: 'Deploy' },
  { to: '/policies', name: 'Policies' },
  { to: '/cartridges', name: 'Cartridges' },
  { to: '/host-clusters', name: 'Host clusters' },
  { to: '/tenants', name: 'Tenants' },
  { to: '/tokens', name: 'Tokens' },
  { to: '/audit', name: 'Audit' },
] as const;
/** Not offered to those who would be refused. */
const ADMINS_ONLY: ReadonlySet<string> = new Set(['/tokens', '/audit']);
const OPERATORS_ONLY: ReadonlySet<string> = new Set(['/host-clusters', '/tenants']);
const DEPLOYERS_ONLY: ReadonlySet<string> = new Set(['/deploy']);

export interface ShellProps {
  readonly onSignOut: () => void;
}

export function Shell({ onSignOut }: ShellProps): ReactNode {
  const caller = useCaller();
  const search = useTenantSearch();
  const isAdmin = useMay('ADMIN');
  const isDeployer = useMay('DEPLOYER');
  const isOperator = useMay('OPERATOR');
  const places = PLACES.filter(
    ({ to }) =>
      (isAdmin || !ADMINS_ONLY.has(to)) &&
      (isDeployer || !DEPLOYERS_ONLY.has(to)) &&
      (isOperator || !OPERATORS_ONLY.has(to)),
  );
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <Link className="brand" to="/" search={search}>
          Cartwright
        </Link>
        <nav aria-label="Main">
          {places.map(({ to, name }) => (
            <Link key={to} to={to} search={search} activeOptions={{ exact: to === '/' }}>
              {name}
            </Link>
          ))}
        </nav>
        <div className="status">
          <Freshness />
          {caller.role === 'OPERATOR' ? <TenantChoice chosen={search.tenant ?? ''} /> : null}
          <Account onSignOut={onSignOut} />
        </div>
      </header>
      <OtherVersion />
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
    </>
  );
}

function TenantChoice({ chosen }: { readonly chosen: string }): ReactNode {
  const navigate = useNavigate();
  const [tenants] = useAsk(ListTenants, { variables: {}, again: ['tenant.'] });
  const names = tenants.kind === 'answered' ? tenants.result.tenants.map(({ name }) => name) : [];
  if (chosen !== '' && !names.includes(chosen)) names.push(chosen);
  return (
    <select
      aria-label="Tenant"
      value={chosen}
      onChange={({ target: { value } }) => void navigate({ to: '/', search: value === '' ? {} : { tenant: value } })}
    >
      <option value="">All tenants</option>
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

function Account({ onSignOut }: ShellProps): ReactNode {
  const { name, role, tenant, application } = useCaller();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const choose = (chosen: Theme): void => {
    applyTheme(chosen);
    setTheme(chosen);
  };
  return (
    <>
      <button type="button" className="plain" popoverTarget="account">
        {name}
      </button>
      <div id="account" popover="auto" className="block account">
        <p>
          Signed in as <strong>{name}</strong>, {role.toLowerCase()}
          {tenant === null ? ' of the platform' : ` of ${tenant}`}
          {application === null ? '' : `, for ${application} only`}.
        </p>
        <div className="field">
          <label htmlFor="theme">Colours</label>
          <select id="theme" value={theme} onChange={({ target }) => choose(target.value as Theme)}>
            <option value="auto">as this machine has them</option>
            <option value="light">light</option>
            <option value="dark">dark</option>
          </select>
        </div>
        <button type="button" onClick={onSignOut}>
          Sign out
        </button>
      </div>
    </>
  );
}

/** The control plane was upgraded under the page: nothing is lost, but what it says may be of another form. */
function OtherVersion(): ReactNode {
  const state = useConnectionState();
  const [first, setFirst] = useState<string | null>(null);
  if (state.kind === 'broken') {
    return (
      <p className="banner note bad" role="alert">
        This page and the control plane do not understand each other ({state.reason}).{' '}
        <button type="button" onClick={() => window.location.reload()}>
          Reload
        </button>
      </p>
    );
  }
  if (state.kind !== 'open' || state.version === null) return null;
  if (first === null) setFirst(state.version);
  if (first === null || first === state.version) return null;
  return (
    <p className="banner note warning" role="alert">
      The control plane is now of version {state.version}; this page came from {first}.{' '}
      <button type="button" onClick={() => window.location.reload()}>
        Reload
      </button>
    </p>
  );
}
