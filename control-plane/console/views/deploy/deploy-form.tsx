/** What is to be deployed, what will be applied for it, and the button that does it. */
import { useRef, useState, type FormEvent, type ReactNode } from 'react';
import { DifferencesTable } from '../../components/differences-table.tsx';
import { RefusedNote } from '../../components/notes.tsx';
import type { Fault } from '../../components/schema-form/draft.ts';
import { SchemaForm } from '../../components/schema-form/schema-form.tsx';
import { DeployChoices } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { pathOf } from '../../manifests/check.ts';
import { writeYaml } from '../../manifests/write.ts';
import { useTenant } from '../../shell/tenant.ts';
import { SETTINGS, VARIABLES } from '../../manifests/component.ts';
import { fallbacksOf } from '../../manifests/cartridge.ts';
import type { DeployDraft } from './draft.ts';
import { componentsOf, formPath, type Written } from './manifest.ts';
import { ManifestPreview } from './manifest-preview.tsx';
import { NamesFields } from './names-fields.tsx';
import { RepositoryFields } from './repository-fields.tsx';
import { ScalingFields } from './scaling-fields.tsx';
import { useRepository } from './use-repository.ts';
import { useSending, type Checked, type Sending } from './use-sending.ts';
import { useWritten } from './use-written.ts';

/** What every part of the form is given. */
export interface PartProps {
  readonly draft: DeployDraft;
  readonly onChange: (changed: Partial<DeployDraft>) => void;
  /** Those that are to be shown. */
  readonly faults: readonly Fault[];
}

const CARTRIDGES = 'the cartridge’s';

export function DeployForm({ initial }: { readonly initial: DeployDraft }): ReactNode {
  const tenant = useTenant();
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState(initial);
  const [isTried, setTried] = useState(false);
  const [choices] = useAsk(DeployChoices, { variables: { tenant }, again: ['policy.', 'cartridge.'] });
  const { cartridges, policies } = choices.kind === 'answered' ? choices.result : NO_CHOICES;
  const cartridge = cartridges.find(({ name }) => name === draft.cartridge);
  const { written, isKnown } = useWritten(tenant, draft, cartridge);
  const [looked, lookAgain] = useRepository(tenant, draft, written);
  const yaml = writeYaml(written.manifest);
  const sending = useSending(written, yaml);
  const faults = [...written.faults, ...faultOf(sending.error, written)].filter((fault) => isTried || !fault.isMissing);

  const change = (changed: Partial<DeployDraft>): void => setDraft((before) => ({ ...before, ...changed }));
  const send = (how: () => void): void => {
    setTried(true);
    if (written.faults.length === 0) how();
    // When the faults are shown.
    else requestAnimationFrame(() => focusFirstFault(form.current));
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send(sending.deploy);
  };

  const part = { draft, onChange: change, faults };
  const fallbacks = fallbacksOf(cartridge ?? cartridges.find(({ name }) => name === cartridgeOf(written)));
  return (
    <>
      <div className="page-head">
        <h1>{initial.isOfStored ? `Deploy ${initial.application}/${initial.alias}` : 'Deploy'}</h1>
      </div>
      {choices.kind === 'refused' ? <RefusedNote error={choices.error} /> : null}
      <form ref={form} className="deploy" onSubmit={submit} noValidate>
        <div className="deploy-fields">
          <RepositoryFields {...part} looked={looked} lookAgain={lookAgain} />
          <NamesFields {...part} cartridges={cartridges} written={written} isKnown={isKnown} />
          <section className="block variables">
            <h2>Variables</h2>
            <p className="quiet">
              Everybody who sees the manifest sees them: set secrets with <code>cartwright secret set</code>.
            </p>
            <SchemaForm
              field={VARIABLES}
              draft={draft.variables}
              onChange={(variables) => change({ variables })}
              faults={faults}
              fallbacks={{ value: fallbacks.variables, whose: CARTRIDGES }}
            />
          </section>
          <ScalingFields {...part} policies={policies} />
          <details className="block">
            <summary>
              <h2>More settings</h2>
            </summary>
            <SchemaForm
              field={SETTINGS}
              draft={draft.settings}
              onChange={(settings) => change({ settings })}
              faults={faults}
              fallbacks={{ value: fallbacks.settings, whose: CARTRIDGES }}
            />
          </details>
        </div>
        <div className="deploy-side">
          <ManifestPreview yaml={yaml} written={written} cartridge={draft.cartridge} />
          <section className="block">
            {sending.error === null ? null : <RefusedNote error={sending.error} />}
            {sending.checked === null ? null : <CheckedNote checked={sending.checked} />}
            <OtherFaults faults={faults} written={written} />
            <SendButtons sending={sending} isReady={isKnown} onCheck={() => send(sending.check)} />
          </section>
        </div>
      </form>
    </>
  );
}

/** What the component runs on already; undefined: it is new. */
function cartridgeOf({ effect }: Written): unknown {
  return effect.kind === 'changed-component' ? effect.component.cartridge : undefined;
}

const NO_CHOICES = { cartridges: [], policies: [] };

function focusFirstFault(form: HTMLFormElement | null): void {
  const control = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  control?.closest('details')?.setAttribute('open', '');
  control?.focus();
}

function SendButtons({
  sending: { isDeploying, isChecking },
  isReady,
  onCheck,
}: {
  readonly sending: Sending;
  readonly isReady: boolean;
  readonly onCheck: () => void;
}): ReactNode {
  const isDisabled = isDeploying || isChecking || !isReady;
  return (
    <div className="actions">
      <button type="submit" className="main" disabled={isDisabled}>
        {isDeploying ? 'Asking the Git host …' : 'Deploy'}
      </button>
      <button type="button" disabled={isDisabled} onClick={onCheck}>
        {isChecking ? 'Checking …' : 'Check without deploying'}
      </button>
    </div>
  );
}

/** What the control plane has refused, at the field that it names. */
function faultOf(error: Sending['error'], written: Written): Fault[] {
  if (error === null || error.field === null) return [];
  const index = componentsOf(written).findIndex(({ alias }) => alias === written.alias);
  return [{ path: formPath(pathOf(error.field), index), message: error.message, isMissing: false }];
}

function CheckedNote({ checked: { warnings, changes } }: { readonly checked: Checked }): ReactNode {
  return (
    <>
      {warnings.length === 0 ? (
        <p className="note good" role="status">
          <strong>Nothing stands in its way.</strong> The manifest is right, the Git host answers, and the quotas leave
          room.
        </p>
      ) : (
        <div className="note warning" role="status">
          <strong>It would be taken, and yet not work now:</strong>
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </div>
      )}
      {changes.length === 0 ? null : <DifferencesTable differences={changes} before="Now" after="Then" />}
    </>
  );
}

/** What is wrong elsewhere in the application: the form has no field for it. */
function OtherFaults({ faults, written }: { readonly faults: readonly Fault[]; readonly written: Written }): ReactNode {
  const others = faults.filter(({ path }) => path[0] === 'spec' || path[0] === 'metadata');
  if (others.length === 0) return null;
  return (
    <div className="note bad">
      <strong>{written.application} itself has faults:</strong>
      <ul>
        {others.map(({ path, message }) => (
          <li key={path.join('.')}>
            <code>{path.join('.')}</code>: {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
