/** Saves the filtered log as a file, and tells how far it is. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Dialog } from '../../components/dialog.tsx';
import { RefusedNote } from '../../components/notes.tsx';
import { useSigned } from '../../live/context.tsx';
import { Refused } from '../../live/refused.ts';
import { countOf, type Filter } from './address.ts';
import { fileName, MOST_BYTES, save, type Format, type Progress } from './save.ts';
import { logSource } from './source.ts';
import { count } from './text/gaps.ts';
import { size } from './text/plain.ts';

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'saving'; readonly progress: Progress }
  | { readonly kind: 'saved'; readonly progress: Progress; readonly isCut: boolean; readonly name: string }
  | { readonly kind: 'refused'; readonly error: Refused };

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export interface SaveDialogProps {
  readonly tenant: string;
  readonly application: string;
  readonly filter: Filter;
  readonly onClose: () => void;
}

export function SaveDialog({ tenant, application, filter, onClose }: SaveDialogProps): ReactNode {
  const { connection } = useSigned();
  const [format, setFormat] = useState<Format>('text');
  const [state, setState] = useState<State>({ kind: 'asking' });
  const ending = useRef(new AbortController());
  const file = useRef<string | null>(null);
  useEffect(
    () => () => {
      ending.current.abort();
      if (file.current !== null) URL.revokeObjectURL(file.current);
    },
    [],
  );

  const begin = async (): Promise<void> => {
    ending.current = new AbortController();
    const { signal } = ending.current;
    const onProgress = (progress: Progress): void => {
      if (!signal.aborted) setState({ kind: 'saving', progress });
    };
    onProgress({ lines: 0, bytes: 0 });
    try {
      const source = logSource(connection, { tenant, application, filter }, Date.now());
      const { blob, isCut, ...progress } = await save({ source, format, onProgress, signal, wait });
      const name = fileName([application, filter.alias], new Date(), format);
      if (file.current !== null) URL.revokeObjectURL(file.current);
      file.current = URL.createObjectURL(blob);
      const link = document.createElement('a');
      link.href = file.current;
      link.download = name;
      link.click();
      setState({ kind: 'saved', progress, isCut, name });
    } catch (error) {
      setState(signal.aborted ? { kind: 'asking' } : { kind: 'refused', error: Refused.of(error) });
    }
  };

  const narrowed = countOf(filter);
  return (
    <Dialog title="Save lines" onClose={onClose}>
      <p>
        {narrowed === 0
          ? `All lines of ${application} that are kept`
          : `The lines of ${application} that are shown here, also those that were not scrolled to`}
        , from the oldest to the newest, at most {size(MOST_BYTES)}. Where lines are missing the file says so.
      </p>
      <fieldset className="field" disabled={state.kind === 'saving'}>
        <legend className="label">As</legend>
        {(['text', 'json'] as const).map((each) => (
          <label key={each}>
            <input type="radio" name="format" checked={format === each} onChange={() => setFormat(each)} />{' '}
            {each === 'text' ? 'plain text, a line each' : 'JSON, an object a line, colours included'}
          </label>
        ))}
      </fieldset>
      <Said state={state} />
      <div className="actions">
        {state.kind === 'saving' ? (
          <button type="button" onClick={() => ending.current.abort()}>
            Stop
          </button>
        ) : (
          <>
            <button type="button" onClick={onClose}>
              Close
            </button>
            <button type="button" className="main" onClick={() => void begin()}>
              Save
            </button>
          </>
        )}
      </div>
    </Dialog>
  );
}

function Said({ state }: { readonly state: State }): ReactNode {
  switch (state.kind) {
    case 'asking':
      return null;
    case 'saving':
      return (
        <p role="status">
          {count(state.progress.lines, 'line')}, {size(state.progress.bytes)} …
        </p>
      );
    case 'saved':
      return (
        <p role="status" className={`note ${state.isCut ? 'warning' : 'good'}`}>
          {count(state.progress.lines, 'line')}, {size(state.progress.bytes)}, saved as {state.name}.
          {state.isCut ? ' There are more: narrow them down by time to save the rest.' : ''}
        </p>
      );
    case 'refused':
      return <RefusedNote error={state.error} />;
  }
}
