/** The policy that a service cluster is scaled by: named, written in its place, or the platform's defaults. */
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { PolicyApplication, PolicyApply } from '../../generated/operations.ts';
import { useAct } from '../../live/use-act.ts';
import { useAsk } from '../../live/use-ask.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { writeYaml } from '../../manifests/write.ts';
import { useMay } from '../../shell/caller.tsx';
import { useTenantSearch } from '../../shell/tenant.ts';
import { useClusterRef, type ClusterRef } from '../cluster/ref.ts';
import { PolicyEditor } from './editor/policy-editor.tsx';
import { KINDS } from './kinds.ts';
import './policy.css';
import { headOf, manifestFrom } from './templates.ts';
import { usePolicies, type Policies } from './use-policies.ts';
import { componentsOf, withPolicy, type Component } from './users.ts';

export default function ClusterPolicy(): ReactNode {
  const ref = useClusterRef();
  const { application, alias, tenant } = ref;
  const [asked, again] = useAsk(PolicyApplication, {
    variables: { tenant, name: application },
    again: ['application.'],
  });
  const known = usePolicies(tenant);
  return (
    <div className="page">
      <title>{`Policy of ${alias} of ${application} · Cartwright`}</title>
      <ClusterPolicyHead clusterRef={ref} />
      {asked.kind === 'waiting' || known.policies.kind === 'waiting' ? <Waiting what="the policy" /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} again={again} /> : null}
      {known.policies.kind === 'refused' ? <RefusedNote error={known.policies.error} again={known.again} /> : null}
      {asked.kind === 'answered' && known.policies.kind === 'answered' ? (
        <Loaded
          clusterRef={ref}
          found={asked.result.application}
          policies={known.policies.result.policies}
          usersOf={known.usersOf}
        />
      ) : null}
    </div>
  );
}

function ClusterPolicyHead({ clusterRef: { application, alias } }: { readonly clusterRef: ClusterRef }): ReactNode {
  const search = useTenantSearch();
  return (
    <div className="page-head">
      <h1>
        <Link to="/applications/$application/$alias" params={{ application, alias }} search={search}>
          {application} / {alias}
        </Link>{' '}
        / policy
      </h1>
    </div>
  );
}

interface Application {
  readonly name: string;
  readonly generation: number;
  readonly manifest: unknown;
}

type Stored = Extract<Policies['policies'], { kind: 'answered' }>['result']['policies'];

interface LoadedProps extends Pick<Policies, 'usersOf'> {
  readonly clusterRef: ClusterRef;
  readonly found: Application | null;
  readonly policies: Stored;
}

function Loaded({ clusterRef, found, policies, usersOf }: LoadedProps): ReactNode {
  const component = componentsOf(found?.manifest).find(({ alias }) => alias === clusterRef.alias);
  if (found === null || component === undefined) {
    return (
      <EmptyNote title="There is no policy to show.">
        <p>
          The application’s manifest has no component {clusterRef.alias}: the platform made it (a load balancer), and
          scales it by its defaults.
        </p>
      </EmptyNote>
    );
  }
  const ofKind = policies.filter(({ kind }) => kind === 'AUTOSCALING_POLICY');
  const name = typeof component.autoscaling === 'string' ? component.autoscaling : null;
  const stored = ofKind.find((policy) => policy.name === name) ?? null;
  const own = { application: clusterRef.application, alias: clusterRef.alias };
  return (
    <>
      <HowItIsScaled component={component} />
      <UseAnother clusterRef={clusterRef} found={found} current={name} names={ofKind.map((policy) => policy.name)} />
      {name === null ? (
        <OwnPolicy {...{ clusterRef, found, component }} taken={ofKind.map((policy) => policy.name)} />
      ) : (
        <PolicyEditor
          key={name}
          kind={KINDS.AUTOSCALING_POLICY}
          {...{ name, stored }}
          tenant={clusterRef.tenant}
          beginning={manifestFrom('AUTOSCALING_POLICY', name, undefined)}
          users={usersOf('AUTOSCALING_POLICY', name)}
          triedOn={own}
        />
      )}
    </>
  );
}

function HowItIsScaled({ component: { autoscaling } }: { readonly component: Component }): ReactNode {
  const search = useTenantSearch();
  if (typeof autoscaling === 'string') {
    return (
      <p>
        It is scaled by the policy{' '}
        <Link
          to="/policies/$policy"
          params={{ policy: autoscaling }}
          search={{ ...search, kind: 'AUTOSCALING_POLICY' }}
        >
          {autoscaling}
        </Link>
        , which others may use as well.
      </p>
    );
  }
  return (
    <p>
      {autoscaling === undefined || autoscaling === null
        ? 'It is scaled by the platform’s defaults: its application names no policy for it.'
        : 'It is scaled by what its application’s manifest says in its place.'}
    </p>
  );
}

interface UseAnotherProps {
  readonly clusterRef: ClusterRef;
  readonly found: Application;
  /** The policy that it names; null: none. */
  readonly current: string | null;
  readonly names: readonly string[];
}

/** Another policy that there is already. */
function UseAnother({ clusterRef, found, current, names }: UseAnotherProps): ReactNode {
  const mayEdit = useMay('DEPLOYER');
  const others = names.filter((name) => name !== current);
  const [chosen, setChosen] = useState('');
  const [acting, use] = useUsing(clusterRef, found);
  if (!mayEdit || others.length === 0) return null;
  return (
    <div className="actions">
      <label>
        Use another policy instead{' '}
        <select value={chosen} onChange={({ target }) => setChosen(target.value)}>
          <option value="">Choose</option>
          {others.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <button
        type="button"
        disabled={chosen === '' || acting.kind === 'acting'}
        onClick={() => void use(chosen).then((isDone) => isDone && setChosen(''))}
      >
        Use it
      </button>
      {acting.kind === 'refused' ? <RefusedNote error={acting.error} /> : null}
    </div>
  );
}

/** Lets the component name a policy, unless the application was changed meanwhile. */
function useUsing({ tenant, alias }: ClusterRef, found: Application) {
  const [acting, apply] = useAct(PolicyApply, ({ apply: payload }) => void carriedOut(payload));
  const use = (policy: string): Promise<boolean> =>
    apply({
      manifests: JSON.stringify(withPolicy(found.manifest, alias, policy)),
      fileName: 'application',
      tenant,
      dryRun: false,
      expectedGeneration: found.generation,
    });
  return [acting, use] as const;
}

interface OwnPolicyProps {
  readonly clusterRef: ClusterRef;
  readonly found: Application;
  readonly component: Component;
  readonly taken: readonly string[];
}

/** What it has now, as a policy of its own, which it uses once that is made. */
function OwnPolicy({ clusterRef, found, component: { autoscaling }, taken }: OwnPolicyProps): ReactNode {
  const { application, alias, tenant } = clusterRef;
  const [name] = useState(() => freeName(`${application}-${alias}`, taken));
  const [acting, use] = useUsing(clusterRef, found);
  const isWritten = typeof autoscaling === 'object' && autoscaling !== null;
  const beginning = isWritten
    ? `${headOf('AUTOSCALING_POLICY', name)}${writeYaml({ spec: autoscaling })}`
    : manifestFrom('AUTOSCALING_POLICY', name, undefined);
  return (
    <>
      <p className="note">
        Below is {isWritten ? 'what it has now' : 'a beginning'} as a policy of its own, <strong>{name}</strong>: it can
        be changed and tried on the past, and the service cluster uses it once it is made.
      </p>
      {acting.kind === 'refused' ? <RefusedNote error={acting.error} again={() => void use(name)} /> : null}
      <PolicyEditor
        kind={KINDS.AUTOSCALING_POLICY}
        {...{ name, tenant, beginning }}
        stored={null}
        users={[{ application, alias }]}
        triedOn={{ application, alias }}
        onSaved={() => void use(name)}
      />
    </>
  );
}

function freeName(wanted: string, taken: readonly string[]): string {
  const short = wanted.slice(0, 36).replace(/-+$/, '');
  const tries = [short, ...Array.from({ length: 99 }, (_, index) => `${short}-${index + 2}`)];
  return tries.find((name) => !taken.includes(name)) ?? short;
}
