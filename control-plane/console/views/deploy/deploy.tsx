/** `/deploy`: a repository becomes a running application; with a build in the address, how far that is. */
import { useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EmptyNote } from '../../components/notes.tsx';
import { useMay } from '../../shell/caller.tsx';
import { DeployNew, DeployStored } from './deploy-page.tsx';
import { DeployProgress } from './deploy-progress.tsx';
import './deploy.css';

export default function Deploy(): ReactNode {
  const { application, alias, build, cartridge } = useSearch({ from: '/deploy' });
  const mayDeploy = useMay('DEPLOYER');
  const isNamed = application !== undefined && alias !== undefined;
  return (
    <div className="page">
      <title>Deploy · Cartwright</title>
      {isNamed && build !== undefined ? (
        <DeployProgress key={build} application={application} alias={alias} build={build} />
      ) : !mayDeploy ? (
        <>
          <h1>Deploy</h1>
          <EmptyNote title="Your token may only look.">
            <p>Ask an admin of your tenant for one with the role deployer.</p>
          </EmptyNote>
        </>
      ) : isNamed ? (
        <DeployStored key={`${application}/${alias}`} application={application} alias={alias} />
      ) : (
        <DeployNew cartridge={cartridge ?? ''} />
      )}
    </div>
  );
}
