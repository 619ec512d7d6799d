/**
 * Asks the hosts of Git sources that are new in what was applied, so that a branch or a password that is wrong is said at once.
 * It is a warning and no refusal: manifests say what shall be, and a host that is away today is asked again every minute.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ApplicationManifest, CartridgeComponent } from '../../../schema/manifests/application.ts';
import type { FieldPath } from '../../../schema/manifests/problem.ts';
import { CartwrightError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import { referenceProblem } from './checks.ts';
import type { LocatedProblem } from './refusal.ts';

/** Longest that whoever applies waits for the hosts; what is found out later is the event `source.unreadable`. */
const PATIENCE_SECONDS = 5;
/** Hosts of one call that are asked; the others are asked in their turn all the same. */
const MOST_ASKED = 20;

type GitSource = NonNullable<CartridgeComponent['source']>['git'];

export interface NewSource {
  /** Of the document in its file. */
  readonly index: number;
  readonly at: FieldPath;
  readonly tenant: string;
  readonly git: GitSource;
}

/** Sources of an application that are there for the first time, or otherwise than before. Pure. */
export function newSources(
  manifest: ApplicationManifest,
  present: ApplicationRecord | undefined,
  document: { readonly index: number; readonly tenant: string },
): NewSource[] {
  return manifest.spec.components.flatMap((component, number) => {
    if (component.kind !== 'cartridge' || component.source === undefined) return [];
    const { git } = component.source;
    const before = present?.manifest.spec.components.find(
      (other): other is CartridgeComponent => other.kind === 'cartridge' && other.alias === component.alias,
    );
    if (isDeepStrictEqual(before?.source?.git, git)) return [];
    return [{ ...document, git, at: ['spec', 'components', number, 'source', 'git'] }];
  });
}

export interface HostQuestions {
  /** The commit that a source points at now. */
  readonly origin: (tenant: string, git: GitSource) => Promise<unknown>;
  readonly clock: Pick<Clock, 'setTimeout'>;
}

/** What is wrong with them, after five seconds at most. Never rejects. */
export async function askHosts(
  sources: readonly NewSource[],
  { origin, clock }: HostQuestions,
): Promise<LocatedProblem[]> {
  const late = Promise.withResolvers<'late'>();
  const timer = clock.setTimeout(() => late.resolve('late'), PATIENCE_SECONDS * 1000);
  try {
    const found = await Promise.all(
      sources.slice(0, MOST_ASKED).map(async ({ index, at, tenant, git }): Promise<LocatedProblem | null> => {
        const answer = origin(tenant, git).then(
          () => null,
          (error: unknown) => error,
        );
        const failure = await Promise.race([answer, late.promise]);
        if (failure === null) return null;
        const [field, message] = said(git, failure);
        return { index, problem: referenceProblem([...at, field], `${message}; it is asked again`) };
      }),
    );
    return found.filter((problem) => problem !== null);
  } finally {
    timer.cancel();
  }
}

function said(git: GitSource, failure: unknown): [field: keyof GitSource, message: string] {
  if (failure === 'late') return ['url', `its host has not answered within ${PATIENCE_SECONDS} s`];
  if (!(failure instanceof CartwrightError)) return ['url', 'it could not be asked for a reason of the platform'];
  return [fieldOf(git, failure.code), failure.message];
}

/** The field that is at fault. */
function fieldOf(git: GitSource, code: string): keyof GitSource {
  const asked: readonly (keyof GitSource)[] =
    code === 'GIT_REF_NOT_FOUND'
      ? ['commit', 'tag', 'branch']
      : code.startsWith('GIT_CREDENTIALS') || code.startsWith('SECRET')
        ? ['credentials']
        : [];
  return asked.find((field) => git[field] !== undefined) ?? 'url';
}
