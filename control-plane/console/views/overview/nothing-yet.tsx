import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { CopyButton } from '../../components/copy-button.tsx';
import { EmptyNote } from '../../components/notes.tsx';
import { useMay } from '../../shell/caller.tsx';
import { useTenantFilter } from '../../shell/tenant.ts';

const COMMAND = 'cartwright deploy';

/** How the first application gets here. */
export function NothingYet(): ReactNode {
  const tenant = useTenantFilter();
  const mayDeploy = useMay('DEPLOYER');
  return (
    <EmptyNote title={tenant === null ? 'No application yet.' : `The tenant ${tenant} has no application yet.`}>
      {mayDeploy ? (
        <>
          <p>In the folder of its source, run</p>
          <p>
            <code>{COMMAND}</code> <CopyButton text={COMMAND} />
          </p>
          <p>
            or{' '}
            <Link to="/deploy" search={tenant === null ? {} : { tenant }}>
              deploy one from here
            </Link>
            . It shows up on this page by itself.
          </p>
        </>
      ) : (
        <p>Whoever has a token with the role deployer can deploy one. It shows up on this page by itself.</p>
      )}
    </EmptyNote>
  );
}
