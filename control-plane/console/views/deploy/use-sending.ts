/** Sends what is filled in: to be deployed, or only to be checked. */
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { DeployApply, DeployTry } from '../../generated/operations.ts';
import type { Refused } from '../../live/refused.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { useTenant, useTenantSearch } from '../../shell/tenant.ts';
import type { Written } from './manifest.ts';

/** An answer is about the text that was sent; when that is another one meanwhile, there is none. */
export interface Sending {
  readonly isDeploying: boolean;
  readonly isChecking: boolean;
  readonly error: Refused | null;
  /** What would be taken and yet not work; null: nobody has asked. */
  readonly warnings: readonly string[] | null;
  /** Goes on to the page of the deployment. */
  readonly deploy: () => void;
  readonly check: () => void;
}

/** Errors name it as their place. */
const FILE_NAME = 'the manifest of the page';

export function useSending(written: Written, yaml: string): Sending {
  const tenant = useTenant();
  const search = useTenantSearch();
  const navigate = useNavigate();
  const sent = useRef(written);
  const [text, setText] = useState<string | null>(null);
  const [warnings, setWarnings] = useState<readonly string[] | null>(null);
  const [deploying, deploy] = useAct(DeployApply, ({ deploy: payload }) => {
    const { build } = carriedOut(payload);
    const { application, alias } = sent.current;
    if (build !== null) void navigate({ to: '/deploy', search: { ...search, application, alias, build: build.uid } });
  });
  const [checking, check] = useAct(DeployTry, ({ apply: payload }) => {
    setWarnings((carriedOut(payload).objects ?? []).flatMap((object) => object.warnings));
  });
  const [last, setLast] = useState<'deploy' | 'check'>('check');
  const acting = last === 'deploy' ? deploying : checking;
  const isPresent = text === yaml;
  const begin = (what: 'deploy' | 'check'): void => {
    sent.current = written;
    setText(yaml);
    setLast(what);
    setWarnings(null);
  };
  const { application, alias, expectedGeneration } = written;
  const common = { manifests: yaml, fileName: FILE_NAME, expectedGeneration };
  return {
    isDeploying: deploying.kind === 'acting',
    isChecking: checking.kind === 'acting',
    error: isPresent && acting.kind === 'refused' ? acting.error : null,
    warnings: isPresent ? warnings : null,
    deploy: () => {
      begin('deploy');
      void deploy({ ref: { tenant, application, alias }, ...common });
    },
    check: () => {
      begin('check');
      void check({ tenant, dryRun: true, ...common });
    },
  };
}
