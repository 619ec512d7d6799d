/** Deploys what the repository holds now, or says how a folder is deployed. */
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { RefusedNote } from '../../components/notes.tsx';
import { Time } from '../../components/time.tsx';
import { DeployApply, type ReleasesClusterSubscription } from '../../generated/operations.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { useMay } from '../../shell/caller.tsx';
import { useTenant, useTenantSearch } from '../../shell/tenant.ts';

export interface UpdateNowProps {
  readonly application: string;
  readonly alias: string;
  /** Null: its trees are uploaded. */
  readonly source: ReleasesClusterSubscription['serviceCluster']['serviceCluster']['gitSource'];
}

export function UpdateNow({ application, alias, source }: UpdateNowProps): ReactNode {
  const tenant = useTenant();
  const search = useTenantSearch();
  const navigate = useNavigate();
  const mayDeploy = useMay('DEPLOYER');
  const [acting, act] = useAct(DeployApply, ({ deploy }) => {
    const { build } = carriedOut(deploy);
    if (build !== null) void navigate({ to: '/deploy', search: { ...search, application, alias, build: build.uid } });
  });
  if (source === null) {
    return (
      <span className="quiet">
        From a folder: <code>{`cartwright deploy DIR --name ${application} --alias ${alias}`}</code>
      </span>
    );
  }
  return (
    <>
      <span className="quiet">
        New commits {source.update === 'AUTOMATIC' ? 'are rolled out by themselves' : 'wait for a deploy'}
        {source.lastCheckedAt === null ? null : (
          <>
            ; looked <Time at={source.lastCheckedAt} />
          </>
        )}
      </span>
      {mayDeploy ? (
        <span className="actions">
          <button
            type="button"
            className="main"
            disabled={acting.kind === 'acting'}
            onClick={() => void act({ ref: { tenant, application, alias } })}
          >
            {acting.kind === 'acting' ? 'Asking the Git host …' : 'Deploy the present commit'}
          </button>
          <Link className="button" to="/deploy" search={{ ...search, application, alias }}>
            Change and deploy
          </Link>
        </span>
      ) : null}
      {acting.kind === 'refused' ? <RefusedNote error={acting.error} /> : null}
    </>
  );
}
