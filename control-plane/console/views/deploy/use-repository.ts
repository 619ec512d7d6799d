/** What the Git server has to say about the repository that is being written down. */
import type { Fault } from '../../components/schema-form/draft.ts';
import { DeployRepository, type DeployRepositoryQuery } from '../../generated/operations.ts';
import { useAsk, type Asked } from '../../live/use-ask.ts';
import { useSettled } from '../../live/use-settled.ts';
import type { DeployDraft } from './draft.ts';
import type { Written } from './manifest.ts';

const SETTLED_MILLISECONDS = 600;

export type Repository = DeployRepositoryQuery['checkRepository'];

/** `none`: there is nothing to ask about yet. */
export type Looked = Asked<Repository> | { readonly kind: 'none' };

/** Asks when the typing pauses; an answer is about what is filled in now, or there is none. */
export function useRepository(tenant: string, draft: DeployDraft, written: Written): readonly [Looked, () => void] {
  const question = JSON.stringify(questionOf(tenant, draft, written));
  const settled = useSettled(question, SETTLED_MILLISECONDS);
  const [asked, ask] = useAsk(DeployRepository, {
    variables: JSON.parse(settled) as ReturnType<typeof questionOf>,
    again: ['credential.'],
  });
  return [question === 'null' ? { kind: 'none' } : question === settled ? lookedBy(asked) : { kind: 'waiting' }, ask];
}

function lookedBy(asked: Asked<DeployRepositoryQuery>): Looked {
  return asked.kind === 'answered' ? { kind: 'answered', result: asked.result.checkRepository } : asked;
}

/** Null while the form itself knows what is wrong with it. */
function questionOf(tenant: string, { url, follow, reference, credentials }: DeployDraft, written: Written) {
  if (url.trim() === '' || written.faults.some((fault) => !fault.isMissing && isOfRepository(fault))) return null;
  const { application, alias, effect } = written;
  return {
    ...{ tenant, url: url.trim() },
    ...(follow === 'default' || reference === '' ? {} : { [follow]: reference }),
    ...(credentials === '' ? {} : { credentials }),
    ...(effect.kind === 'changed-component' ? { application, alias } : {}),
  };
}

function isOfRepository({ path }: Fault): boolean {
  return path[0] === 'source' && path[1] === 'git' && ['url', 'reference', 'credentials'].includes(String(path[2]));
}

/** What is wrong by that answer with one field of the form; empty: nothing, as far as is known. */
export function problemAt(looked: Looked, field: 'url' | 'credentials' | 'reference'): string {
  const problem = looked.kind === 'answered' ? looked.result.problem : null;
  if (problem === null) return '';
  const isOfField =
    field === 'url' || field === 'credentials' ? problem.field === field : !IN_FIELDS.has(problem.field);
  return isOfField ? problem.message : '';
}

/** All others are about the reference. */
const IN_FIELDS: ReadonlySet<string | null> = new Set(['url', 'credentials']);
