/** A text that is to be read and copied as it is: a manifest, a command. */
import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';
import './plain-text.css';

export function PlainText({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  return (
    <div className="plain-text">
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <CopyButton text={text} />
    </div>
  );
}
