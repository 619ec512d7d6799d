/** What was built: a commit with its message and author, or an uploaded tree. */
import type { ReactNode } from 'react';
import type { SourceFactsFragment } from '../../generated/operations.ts';
import { bytes } from '../quantities.ts';
import { firstLine, shortCommit } from '../words.ts';

export function SourceText({ source }: { readonly source: SourceFactsFragment }): ReactNode {
  const { origin } = source;
  if (origin.__typename === 'UploadOrigin') {
    return (
      <>
        <code title={origin.digest}>{origin.digest.slice(0, 17)}</code> uploaded by <bdi>{origin.by}</bdi>,{' '}
        {bytes(origin.bytes)}
      </>
    );
  }
  return (
    <>
      <code title={origin.commit}>{shortCommit(origin.commit)}</code> <bdi>{firstLine(origin.message)}</bdi>{' '}
      <span className="quiet">
        by <bdi>{origin.author}</bdi>, <bdi>{origin.ref}</bdi> of <bdi>{origin.url}</bdi>
      </span>
    </>
  );
}
