/** What there is to be deployed, as the Git server says now. */
import type { ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { Time } from '../../components/time.tsx';
import type { DeployDraft } from './draft.ts';
import type { Looked, Repository } from './use-repository.ts';

export interface RepositoryNoteProps {
  readonly draft: Pick<DeployDraft, 'follow' | 'reference'>;
  readonly looked: Looked;
  readonly again: () => void;
}

/** Problems stand at the fields that they are of. */
export function RepositoryNote({ draft, looked, again }: RepositoryNoteProps): ReactNode {
  return (
    <p className="quiet repository-note" role="status" aria-label="Repository">
      {wordsOf(draft, looked)}
      {looked.kind === 'refused' ? (
        <button type="button" onClick={again}>
          Ask again
        </button>
      ) : null}
    </p>
  );
}

function wordsOf(draft: RepositoryNoteProps['draft'], looked: Looked): ReactNode {
  switch (looked.kind) {
    case 'none':
      return null;
    case 'waiting':
      return 'Asking the Git server …';
    case 'refused':
      // Nothing is known, and a deploy asks by itself.
      return <>The repository was not looked at: {looked.error.message} </>;
    case 'answered':
      return <Answer draft={draft} repository={looked.result} />;
  }
}

function Answer({
  draft: { follow, reference },
  repository: { isReadable, problem, defaultBranch, branches, referenceExists, commit },
}: {
  readonly draft: RepositoryNoteProps['draft'];
  readonly repository: Repository;
}): ReactNode {
  if (!isReadable) return null;
  if (problem !== null) return branches.length === 0 ? 'The repository is empty.' : null;
  if (follow !== 'default' && reference === '') return 'The repository can be read.';
  if (commit === null)
    return referenceExists === null
      ? 'The repository can be read; whether it has this commit is seen by a deploy.'
      : null;
  const followed = follow === 'default' ? (defaultBranch ?? 'the default branch') : reference;
  return (
    <>
      {follow === 'commit' ? null : (
        <>
          {follow === 'tag' ? 'Tag' : 'Branch'} <Foreign text={followed} />, last commit{' '}
        </>
      )}
      <code title={commit.commit}>{commit.commit.slice(0, 8)}</code>
      <Facts commit={commit} />
    </>
  );
}

function Facts({
  commit: { message, author, authoredAt },
}: {
  readonly commit: NonNullable<Repository['commit']>;
}): ReactNode {
  return (
    <>
      {message === null ? null : (
        <>
          {' '}
          “<Foreign text={message} />”
        </>
      )}
      {author === null ? null : (
        <>
          {' '}
          by <Foreign text={author.replace(/ <[^>]*>$/, '')} />
        </>
      )}
      {authoredAt === null ? null : (
        <>
          , <Time at={authoredAt} />
        </>
      )}
      .
    </>
  );
}
