/** Sends what is filled in: to be deployed, or only to be checked. */
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Difference } from '../../components/json-difference.ts';
import { DeployApply, DeployTry } from '../../generated/operations.ts';
import type { Refused } from '../../live/refused.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { useTenant, useTenantSearch } from '../../shell/tenant.ts';
import { changesOf } from './manifest-changes.ts';
import type { Written } from './manifest.ts';

export interface Checked {
  /** What would be taken and yet not work, a sentence each. */
  readonly warnings: readonly string[];
  /** Of an application that exists. */
  readonly changes: readonly Difference[];
}

/** An answer is about the text that was sent; when that is another one meanwhile, there is none. */
export interface Sending {
  readonly isDeploying: boolean;
  readonly isChecking: boolean;
  readonly error: Refused | null;
  /** What a check has found; null: nobody has asked for one. */
  readonly checked: Checked | null;
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
  const [checked, setChecked] = useState<Checked | null>(null);
  const [deploying, deploy] = useAct(DeployApply, ({ deploy: payload }) => {
    const { build } = carriedOut(payload);
    const { application, alias } = sent.current;
    if (build !== null) void navigate({ to: '/deploy', search: { ...search, application, alias, build: build.uid } });
  });
  const [checking, check] = useAct(DeployTry, ({ apply: payload }) => {
    const objects = carriedOut(payload).objects ?? [];
    setChecked({
      warnings: objects.flatMap((object) => object.warnings),
      changes: objects.flatMap(({ before, after }) => changesOf(before, after)),
    });
  });
  const [last, setLast] = useState<'deploy' | 'check'>('check');
  const acting = last === 'deploy' ? deploying : checking;
  const isPresent = text === yaml;
  const begin = (what: 'deploy' | 'check'): void => {
    sent.current = written;
    setText(yaml);
    setLast(what);
    setChecked(null);
  };
  const { application, alias, expectedGeneration } = written;
  const common = { manifests: yaml, fileName: FILE_NAME, expectedGeneration };
  return {
    isDeploying: deploying.kind === 'acting',
    isChecking: checking.kind === 'acting',
    error: isPresent && acting.kind === 'refused' ? acting.error : null,
    checked: isPresent ? checked : null,
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
