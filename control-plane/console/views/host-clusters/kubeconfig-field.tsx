/**
 * Takes a kubeconfig. It stays in the control alone, where it is taken out of once and is gone: it is in no state of the page, and is
 * never shown again.
 */
import { useImperativeHandle, useRef, useState, type ReactNode, type Ref } from 'react';
import { Field } from '../../components/field.tsx';
import { lookAt, minified, type Looked, type Minified } from './kubeconfig.ts';

/** `take` empties the field when what it gives can be sent. */
export interface KubeconfigHandle {
  take(): Minified;
}

export interface KubeconfigFieldProps {
  readonly ref: Ref<KubeconfigHandle>;
  readonly onLook: (looked: Looked) => void;
  readonly fault: string;
}

/** As the control plane takes it. */
const LARGEST_BYTES = 262_144;

export function KubeconfigField({ ref, onLook, fault }: KubeconfigFieldProps): ReactNode {
  const area = useRef<HTMLTextAreaElement>(null);
  const [looked, setLooked] = useState<Looked>({ kind: 'empty' });
  const [context, setContext] = useState('');
  const look = (): void => {
    const found = lookAt(area.current?.value ?? '');
    setLooked(found);
    setContext('');
    onLook(found);
  };
  useImperativeHandle(ref, () => ({
    take: () => {
      const result = minified(area.current?.value ?? '', context);
      if (result.kind === 'minified' && area.current !== null) {
        area.current.value = '';
        look();
      }
      return result;
    },
  }));
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined || area.current === null) return;
    area.current.value = file.size > LARGEST_BYTES ? '' : await file.text();
    look();
  };
  return (
    <>
      <Field
        label="Kubeconfig"
        fault={looked.kind === 'faulty' ? looked.message : fault}
        hint={
          <>
            What <code>kubectl config view --raw --minify --flatten</code> prints. Of it one context is sent; it is
            encrypted, never shown again, and this field is emptied.
          </>
        }
      >
        {(attributes) => (
          <textarea
            {...attributes}
            ref={area}
            className="mono secret"
            rows={5}
            autoComplete="off"
            spellCheck={false}
            onInput={look}
          />
        )}
      </Field>
      <Field label="Or a file of this machine" isOptional>
        {(attributes) => (
          <input
            {...attributes}
            type="file"
            onChange={({ target }) => {
              const [file] = target.files ?? [];
              // The name of the file is no secret, and yet nothing is to be remembered of it.
              void read(file).finally(() => (target.value = ''));
            }}
          />
        )}
      </Field>
      {looked.kind === 'readable' && looked.contexts.length > 1 ? (
        <Field label="Context">
          {(attributes) => (
            <select {...attributes} value={context} onChange={({ target }) => setContext(target.value)}>
              <option value="">{looked.current === '' ? 'Choose' : `${looked.current} (the current one)`}</option>
              {looked.contexts
                .filter((name) => name !== looked.current)
                .map((name) => (
                  <option key={name}>{name}</option>
                ))}
            </select>
          )}
        </Field>
      ) : null}
    </>
  );
}
