/** A policy as a form and as YAML, side by side; tried on the past before it is saved. */
import { useState, type ReactNode } from 'react';
import { RefusedNote } from '../../../components/notes.tsx';
import { SchemaForm } from '../../../components/schema-form/schema-form.tsx';
import { useMay } from '../../../shell/caller.tsx';
import { BacktestPanel, type Tried } from '../backtest/backtest-panel.tsx';
import type { User } from '../users.ts';
import './editor.css';
import { FORMS } from './forms.ts';
import { SaveDialog } from './save-dialog.tsx';
import { useEditing, type Edited, type EditingTool } from './use-editing.ts';
import { YamlPane } from './yaml-pane.tsx';

export interface PolicyEditorProps extends Edited {
  /** Who uses it, and could try it. */
  readonly users: readonly User[];
  /** Whose past it is tried on at first. */
  readonly triedOn?: User;
  /** It was saved. */
  readonly onSaved?: () => void;
}

export function PolicyEditor(props: PolicyEditorProps): ReactNode {
  const { kind, tenant, stored, users, triedOn } = props;
  const mayEdit = useMay('DEPLOYER');
  const tool = useEditing(props);
  const [tried, setTried] = useState<Tried | null>(null);
  const { editing, checked } = tool;
  return (
    <div className="policy-editor">
      {tool.isOvertaken ? <Overtaken tool={tool} isDeleted={stored === null} /> : null}
      <Panes {...{ kind, tool, mayEdit }} />
      {checked.error === null ? null : <RefusedNote error={checked.error} />}
      {kind.kind === 'AUTOSCALING_POLICY' ? (
        <BacktestPanel
          {...{ tenant, users, tried }}
          {...(triedOn === undefined ? {} : { first: triedOn })}
          text={editing.text}
          mayTry={checked.lines.length === 0 && editing.faults.length === 0}
          onTried={setTried}
        />
      ) : null}
      {mayEdit ? (
        <Saving {...props} tool={tool} tried={tried} />
      ) : (
        <p className="quiet">You may read it; whoever has the role deployer may change it.</p>
      )}
    </div>
  );
}

interface PanesProps extends Pick<Edited, 'kind'> {
  readonly tool: EditingTool;
  readonly mayEdit: boolean;
}

function Panes({ kind, tool, mayEdit }: PanesProps): ReactNode {
  const { editing, checked, isChanged, fill, type } = tool;
  const isReadable = editing.read.faults.length === 0;
  return (
    <div className="policy-panes">
      <section className="block" aria-label="Form">
        <h2>Form</h2>
        {isReadable ? null : (
          <p className="note warning">The YAML cannot be read now; the form shows what it said before.</p>
        )}
        <fieldset className="whole" disabled={!mayEdit || !isReadable}>
          <SchemaForm
            field={FORMS[kind.kind]}
            draft={editing.draft}
            onChange={fill}
            faults={checked.fields.filter(({ isMissing }) => !isMissing || isChanged)}
          />
        </fieldset>
      </section>
      <YamlPane text={editing.text} faults={checked.lines} isReadOnly={!mayEdit} onChange={type} />
    </div>
  );
}

interface SavingProps extends PolicyEditorProps {
  readonly tool: EditingTool;
  readonly tried: Tried | null;
}

function Saving({ kind, name, tenant, users, onSaved, tool, tried }: SavingProps): ReactNode {
  const [isSaving, setSaving] = useState(false);
  const { editing, checked, base, changes, isChanged } = tool;
  return (
    <div className="actions policy-save">
      <button type="button" className="main" disabled={!checked.isTaken || !isChanged} onClick={() => setSaving(true)}>
        {base === null ? 'Make it …' : 'Save …'}
      </button>
      {isChanged && base !== null ? (
        <button type="button" onClick={tool.takeStored}>
          Begin anew from what is stored
        </button>
      ) : null}
      <span className="quiet" role="status">
        {stateOf(tool)}
      </span>
      {isSaving ? (
        <SaveDialog
          {...{ kind, name, tenant, users, changes }}
          text={editing.text}
          generation={base?.generation ?? 0}
          verdict={tried?.text === editing.text ? tried.verdict : null}
          onClose={() => setSaving(false)}
          onSaved={() => {
            setSaving(false);
            tool.onSaved();
            onSaved?.();
          }}
        />
      ) : null}
    </div>
  );
}

function stateOf({ editing, checked, isChanged }: EditingTool): string {
  const faults = checked.lines.length + editing.faults.length;
  if (faults > 0) return `${faults} ${faults === 1 ? 'fault is' : 'faults are'} to be put right first.`;
  if (!isChanged) return 'It is as it is stored.';
  return checked.isTaken
    ? 'The control plane would take it as it is.'
    : 'The control plane is asked whether it would take it …';
}

/** Somebody else has saved it meanwhile. */
function Overtaken({ tool, isDeleted }: { readonly tool: EditingTool; readonly isDeleted: boolean }): ReactNode {
  const { isChanged, takeStored, keepMine } = tool;
  return (
    <div className="note warning" role="alert">
      <strong>{isDeleted ? 'It was deleted meanwhile.' : 'Somebody else has changed it meanwhile.'}</strong>{' '}
      {isChanged ? 'What you have written is still here, and is not saved over theirs unless you say so.' : ''}
      <p className="actions">
        <button type="button" onClick={takeStored}>
          Take theirs
        </button>
        {isChanged ? (
          <button type="button" onClick={keepMine}>
            Go on with mine, over theirs
          </button>
        ) : null}
      </p>
    </div>
  );
}
