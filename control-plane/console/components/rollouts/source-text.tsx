/** What was built: a commit with its message and author, or an uploaded tree. */
import type { ReactNode } from 'react';
import { Foreign } from '../foreign.tsx';
import type { SourceFactsFragment } from '../../generated/operations.ts';
import { bytes } from '../quantities.ts';
import { firstLine, shortCommit } from '../words.ts';

export function SourceText({ source }: { readonly source: SourceFactsFragment }): ReactNode {
  const { origin } = source;
  if (origin.__typename === 'UploadOrigin') {
    return (
      <>
        <code title={origin.digest}>{origin.digest.slice(0, 17)}</code> uploaded by <Foreign text={origin.by} />,{' '}
        {bytes(origin.bytes)}
      </>
    );
  }
  return (
    <>
      <code title={origin.commit}>{shortCommit(origin.commit)}</code> <Foreign text={firstLine(origin.message)} />{' '}
      <span className="quiet">
        by <Foreign text={origin.author} />, <Foreign text={origin.ref} /> of <Foreign text={origin.url} />
      </span>
    </>
  );
}
