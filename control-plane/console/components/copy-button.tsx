import { useState, type ReactNode } from 'react';

/** Puts a text into the clipboard, and says so. */
export function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }): ReactNode {
  const [said, setSaid] = useState('');
  const copy = (): void => {
    // Absent on pages that are neither https nor of this machine.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    (clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'))).then(
      () => setSaid('Copied'),
      () => setSaid('The browser allows no copying here: select the text instead'),
    );
  };
  return (
    <>
      <button type="button" onClick={copy}>
        {label}
      </button>{' '}
      <span role="status" className="quiet">
        {said}
      </span>
    </>
  );
}
