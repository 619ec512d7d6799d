/** What will be applied, and how the same is done from a terminal. */
import type { ReactNode } from 'react';
import { PlainText } from '../../components/plain-text.tsx';
import type { Written } from './manifest.ts';

export interface ManifestPreviewProps {
  readonly yaml: string;
  readonly written: Written;
  /** Empty: none was chosen yet. */
  readonly cartridge: string;
}

export function ManifestPreview({ yaml, written, cartridge }: ManifestPreviewProps): ReactNode {
  const { application, alias } = written;
  const login = `cartwright login ${window.location.origin}`;
  const folder = `cartwright deploy DIR --name ${application === '' ? 'NAME' : application} --alias ${alias}${
    cartridge === '' ? '' : ` --cartridge ${cartridge}`
  }`;
  return (
    <section className="block">
      <h2>What is applied</h2>
      <PlainText text={yaml} label="Manifest" />
      <details>
        <summary>The same from a terminal, or a folder of your machine</summary>
        <p>
          Saved as <code>cartwright.yaml</code>, <code>cartwright deploy</code> in its folder does the same. A folder
          that is in no repository is uploaded by the command line:
        </p>
        <PlainText text={`${login}\n${folder}`} label="Commands" />
      </details>
    </section>
  );
}
