/** A number of instances by hand, for a time. */
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { Dialog } from '../../../components/dialog.tsx';
import { DialogActions } from '../../../components/dialog-actions.tsx';
import { RefusedNote } from '../../../components/notes.tsx';
import { SteerScale, type OverrideKind } from '../../../generated/operations.ts';
import { useAct } from '../../../live/use-act.ts';
import { carriedOut } from '../../../live/user-errors.ts';
import type { DialogOf } from './dialog-of.ts';
import { Effect, refusalOf, usePreview } from './effect.tsx';
import { ReasonField } from './reason-field.tsx';

const DURATIONS = [
  { seconds: 900, name: '15 minutes' },
  { seconds: 3_600, name: 'an hour' },
  { seconds: 4 * 3_600, name: '4 hours' },
  { seconds: 12 * 3_600, name: '12 hours' },
  { seconds: 86_400, name: 'a day' },
  { seconds: 7 * 86_400, name: '7 days' },
  { seconds: 31 * 86_400, name: '31 days' },
] as const;

const KINDS: readonly { readonly kind: OverrideKind; readonly name: string }[] = [
  { kind: 'FLOOR', name: 'At least this number: the autoscaler may take more' },
  { kind: 'PIN', name: 'Exactly this number' },
];

export function ScaleDialog({ clusterRef, snapshot, onClose }: DialogOf): ReactNode {
  const { override, generation } = snapshot.serviceCluster;
  const [number, setNumber] = useState(String(override?.instances ?? Math.max(1, snapshot.live.wanted)));
  const [kind, setKind] = useState<OverrideKind>(override?.kind ?? 'FLOOR');
  const [forSeconds, setForSeconds] = useState(3_600);
  const [reason, setReason] = useState('');
  const id = useId();
  const [acting, scale] = useAct(SteerScale, ({ scale: payload }) => void carriedOut(payload));
  const instances = Number(number);
  const isNumber = /^\d{1,5}$/.test(number);
  const preview = usePreview(clusterRef, { action: 'SCALE', instances: isNumber ? instances : null, kind, forSeconds });
  const refusal = refusalOf(preview);
  const fault = acting.kind === 'refused' && acting.error.field === 'instances' ? acting.error.message : null;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const input = {
      ref: clusterRef,
      instances,
      kind,
      reason: reason.trim(),
      forSeconds,
      expectedGeneration: generation,
    };
    if (await scale(input)) onClose();
  };
  return (
    <Dialog title={`Scale ${clusterRef.alias} by hand`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <div className="field">
          <label htmlFor={`${id}-number`}>Instances</label>
          <input
            id={`${id}-number`}
            type="number"
            inputMode="numeric"
            min={0}
            max={10_000}
            required
            value={number}
            aria-invalid={fault !== null || refusal?.field === 'instances'}
            aria-describedby={`${id}-fault`}
            onChange={({ target }) => setNumber(target.value)}
          />
          <span className="fault" id={`${id}-fault`}>
            {fault}
          </span>
        </div>
        <fieldset className="choices">
          <legend>How the number binds</legend>
          {KINDS.map(({ kind: one, name }) => (
            <label key={one}>
              <input type="radio" name={`${id}-kind`} checked={kind === one} onChange={() => setKind(one)} /> {name}
            </label>
          ))}
        </fieldset>
        <div className="field">
          <label htmlFor={`${id}-for`}>For</label>
          <select id={`${id}-for`} value={forSeconds} onChange={({ target }) => setForSeconds(Number(target.value))}>
            {DURATIONS.map(({ seconds, name }) => (
              <option key={seconds} value={seconds}>
                {name}
              </option>
            ))}
          </select>
          <span className="hint">Then the autoscaler decides alone again.</span>
        </div>
        <ReasonField value={reason} onChange={setReason} />
        <Effect asked={preview} />
        {acting.kind === 'refused' && fault === null ? <RefusedNote error={acting.error} /> : null}
        <DialogActions
          onClose={onClose}
          verb="Scale"
          isDisabled={acting.kind === 'acting' || !isNumber || refusal !== null || reason.trim() === ''}
        />
      </form>
    </Dialog>
  );
}
