/** Where the form begins: empty, or with what is stored of a component. */
import type { ReactNode } from 'react';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { DeployApplication } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useCaller } from '../../shell/caller.tsx';
import { useTenant } from '../../shell/tenant.ts';
import { DeployForm } from './deploy-form.tsx';
import { draftOfComponent, EMPTY } from './draft.ts';
import { componentsOf } from './manifest.ts';

/** @param props.cartridge empty: none was chosen */
export function DeployNew({ cartridge }: { readonly cartridge: string }): ReactNode {
  const { application } = useCaller();
  return <DeployForm initial={{ ...EMPTY, application: application ?? '', cartridge }} />;
}

export function DeployStored({
  application,
  alias,
}: {
  readonly application: string;
  readonly alias: string;
}): ReactNode {
  const tenant = useTenant();
  const [asked, ask] = useAsk(DeployApplication, { variables: { tenant, name: application } });
  if (asked.kind === 'waiting') return <Waiting what={application} />;
  if (asked.kind === 'refused') return <RefusedNote error={asked.error} again={ask} />;
  const stored = asked.result.application;
  const component = componentsOf(stored).find((each) => each.alias === alias);
  if (component === undefined) {
    return (
      <EmptyNote title={`There is no ${application}/${alias}.`}>
        <p>It may have been deleted. Begin with an empty form instead: choose Deploy above.</p>
      </EmptyNote>
    );
  }
  return <DeployForm initial={draftOfComponent(application, component)} />;
}
