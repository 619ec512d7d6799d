/** The manifest of what is filled in, kept up with what is stored on the control plane. */
import { useMemo } from 'react';
import { NAME_PATTERN } from '../../../../schema/ids.ts';
import { DeployApplication } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useSettled } from '../../live/use-settled.ts';
import type { ChosenCartridge } from '../../manifests/cartridge.ts';
import { namesOf, type DeployDraft } from './draft.ts';
import { writeManifest, type Written } from './manifest.ts';

const SETTLED_MILLISECONDS = 300;

export interface Kept {
  readonly written: Written;
  /** Whether it is known by now if there is an application of that name. */
  readonly isKnown: boolean;
}

export function useWritten(tenant: string, draft: DeployDraft, cartridge: ChosenCartridge | undefined): Kept {
  const { application } = namesOf(draft, cartridge);
  const settled = useSettled(application, SETTLED_MILLISECONDS);
  const isName = NAME_PATTERN.test(settled);
  const [asked] = useAsk(DeployApplication, {
    variables: isName ? { tenant, name: settled } : null,
    again: ['application.'],
  });
  const isKnown = settled === application && (!isName || asked.kind === 'answered');
  const stored = isKnown && asked.kind === 'answered' ? asked.result.application : null;
  const written = useMemo(() => writeManifest(draft, stored, cartridge), [draft, stored, cartridge]);
  return { written, isKnown };
}
